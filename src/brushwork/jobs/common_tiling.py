"""How several processes look at one picture, each at a part of it."""

from __future__ import annotations

import os

import torch

from brushwork.evaluate.memory import memory_budget
from brushwork.evaluate.tiled import Tiling
from brushwork.evaluate.wire import ProcessGroup
from brushwork.jobs.need import SIDES, MemoryEstimator
from brushwork.jobs.prepare import PreparedJob
from brushwork.jobs.rehearse import optimizer_memory

RANKS_HERE = "LOCAL_WORLD_SIZE"
"""Environment variable: how many processes a launcher such as torchrun started on this machine, or says so."""


def choose_common_tiling(prepared: PreparedJob, group: ProcessGroup, memory: int | None) -> Tiling:
    """The largest parts that fit on every rank, and as much of them kept as fits; the smallest where none fit.

    `memory`: what a process may take, in bytes; None: its part of what the machine has. All ranks ask together.
    """
    budget = _room(prepared, memory)
    own = None if budget is None else _fitting(prepared, group.world_size, budget)
    side, kept = own or Tiling(SIDES[0])
    smallest = (-group.all_reduce_max(-torch.tensor([side, kept], dtype=torch.float32))).tolist()
    return Tiling(*map(round, smallest))


def _room(prepared: PreparedJob, memory: int | None) -> int | None:
    """Bytes that this process may still take, its pictures among them; None: unknown."""
    budget = memory_budget(prepared.device, memory)
    if budget is None or prepared.device.type != "cpu":
        return budget
    ranks = int(os.environ.get(RANKS_HERE, "1")) if memory is None else 1
    return budget // max(1, ranks) + prepared.inputs.nbytes


def _fitting(prepared: PreparedJob, ranks: int, budget: int) -> Tiling | None:
    """What fits with this rank's part of the optimizer's vectors; a part as large as the picture, if that does."""
    options = prepared.job.options
    estimator = MemoryEstimator(prepared.inputs.sizes, prepared.encoder, prepared.device)
    iterations = sum(level.iterations for level in prepared.levels)
    budget += round(optimizer_memory(options, prepared.levels[-1].size, iterations) * (1 - 1 / ranks))
    one = Tiling(next((side for side in SIDES if side >= estimator.longest_side(options)), SIDES[-1]))
    return one if estimator(options, one) <= budget else estimator.choose_tiling(options, budget)
