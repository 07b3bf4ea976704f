"""How large the tiles are that several processes look at, each at a part of one picture."""

from __future__ import annotations

import os
from bisect import bisect_left

import torch

from brushwork.evaluate.memory import room_on
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
    own = (None if room is None else _fitting(desk, wire.count, room)) or SIDES[0]
    return -round(wire.largest(torch.tensor([-float(own)]))[0].item())


def _room(desk: Desk, memory: int | None) -> int | None:
    """Bytes that this process may still take, its pictures among them; None: unknown."""
    room = room_on(desk.device, memory)
    if room is None or desk.device.type != "cpu":
        return room
    ranks = int(os.environ.get(RANKS_HERE, "1")) if memory is None else 1
    return room // max(1, ranks) + desk.inputs.nbytes


def _fitting(desk: Desk, ranks: int, room: int) -> int | None:
    """The largest side that fits, with this rank's part of the optimizer's vectors."""
    options = desk.job.options
    need = Need(desk.inputs.sizes, desk.encoder, desk.device)
    closures = sum(level.closures for level in desk.levels)
    elsewhere = round(optimizer_memory(options, desk.levels[-1].size, closures) * (1 - 1 / ranks))
    sides = SIDES[: 1 + bisect_left(SIDES, need.longest(options))]
    return need.fitting(options, sides, room + elsewhere)
