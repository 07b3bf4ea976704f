"""How several processes look at one picture, each at a part of it."""

from __future__ import annotations

import os

import torch

from brushwork.evaluate.memory import room_on
from brushwork.evaluate.tiled import Tiling
from brushwork.evaluate.wire import Wire
from brushwork.jobs.need import SIDES, Need
from brushwork.jobs.prepare import Desk
from brushwork.jobs.rehearse import optimizer_memory

RANKS_HERE = "LOCAL_WORLD_SIZE"
"""Environment variable: how many processes a launcher such as torchrun started on this machine, or says so."""


def common_tiling(desk: Desk, wire: Wire, memory: int | None) -> Tiling:
    """The largest parts that fit on every rank, and as much of them kept as fits; the smallest where none fit.

    `memory`: what a process may take, in bytes; None: its part of what the machine has. All ranks ask together.
    """
    room = _room(desk, memory)
    own = None if room is None else _fitting(desk, wire.count, room)
    side, kept = own or Tiling(SIDES[0])
    smallest = (-wire.largest(-torch.tensor([side, kept], dtype=torch.float32))).tolist()
    return Tiling(*map(round, smallest))


def _room(desk: Desk, memory: int | None) -> int | None:
    """Bytes that this process may still take, its pictures among them; None: unknown."""
    room = room_on(desk.device, memory)
    if room is None or desk.device.type != "cpu":
        return room
    ranks = int(os.environ.get(RANKS_HERE, "1")) if memory is None else 1
    return room // max(1, ranks) + desk.inputs.nbytes


def _fitting(desk: Desk, ranks: int, room: int) -> Tiling | None:
    """What fits with this rank's part of the optimizer's vectors; a part as large as the picture, if that does."""
    options = desk.job.options
    need = Need(desk.inputs.sizes, desk.encoder, desk.device)
    closures = sum(level.closures for level in desk.levels)
    room += round(optimizer_memory(options, desk.levels[-1].size, closures) * (1 - 1 / ranks))
    one = Tiling(next((side for side in SIDES if side >= need.longest(options)), SIDES[-1]))
    return one if need(options, one) <= room else need.tiling(options, room)
