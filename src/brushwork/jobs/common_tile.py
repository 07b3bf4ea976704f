"""How large the tiles are that several processes look at, each at a part of one picture."""

from __future__ import annotations

import os
from collections.abc import Iterator

import torch

from brushwork.evaluate.memory import available_memory, held_memory
from brushwork.evaluate.tiled import Tiling
from brushwork.evaluate.wire import Wire
from brushwork.jobs.need import SIDES, Need
from brushwork.jobs.prepare import Desk
from brushwork.jobs.rehearse import optimizer_memory

RANKS_HERE = "LOCAL_WORLD_SIZE"
"""Environment variable: how many processes a launcher such as torchrun started on this machine, or says so."""


def common_side(desk: Desk, wire: Wire, memory: int | None) -> int:
    """Pixels of a tile, halo included: the largest that fits on every rank, and the smallest where none does.

    `memory`: what a process may take, in bytes; None: its part of what the machine has. All ranks ask together.
    """
    room = _room(desk, memory)
    own = SIDES[0] if room is None else max(_fitting(desk, wire.count, room), default=SIDES[0])
    return -round(wire.largest(torch.tensor([-float(own)]))[0].item())


def _room(desk: Desk, memory: int | None) -> int | None:
    """Bytes that this process may still take, its pictures among them; None: unknown."""
    if memory is not None:
        left: int | None = max(0, memory - held_memory(desk.device))
    else:
        left = available_memory(desk.device)
        if left is not None and desk.device.type == "cpu":
            left //= max(1, int(os.environ.get(RANKS_HERE, "1")))
    return left if left is None or desk.device.type != "cpu" else left + desk.inputs.nbytes


def _fitting(desk: Desk, ranks: int, room: int) -> Iterator[int]:
    """The sides that fit, with this rank's part of the optimizer's vectors."""
    options = desk.job.options
    need = Need(desk.inputs.sizes, desk.encoder, desk.device)
    finest, closures = desk.levels[-1].size, sum(level.closures for level in desk.levels)
    elsewhere = round(optimizer_memory(options, finest, closures) * (1 - 1 / ranks))
    longest = max(max(size) for size in (finest, *desk.inputs.sizes.paintings))
    for side in SIDES:
        if need(options, Tiling(side)) - elsewhere > room:
            return
        yield side
        if side >= longest:
            return
