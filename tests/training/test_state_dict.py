"""The state of a task, saved from it and loaded into another one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError
from brushwork.training.checkpoint import load_state_dict, state_dict
from brushwork.training.gradient_step import GradientStep
from brushwork.training.task import TrainingBatch
from tiny_task import CPU, TINY, tiny_task


def batch(step: int) -> TrainingBatch:
    return TrainingBatch(step, 0, 0, 2, 2, CPU, torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(step)))


def test_the_state_of_one_task_continues_in_another() -> None:
    options = replace(TINY, norm="batch")
    here, there = tiny_task(options), tiny_task(replace(options, seed=9))
    GradientStep(here, CPU, "off").step(batch(0), 0.5)
    tensors, metadata = state_dict(here)
    load_state_dict(there, {name: one.clone() for name, one in tensors.items()}, json.loads(json.dumps(metadata)))
    losses = [GradientStep(one, CPU, "off").step(batch(1), 0.7) for one in (here, there)]
    assert losses[0] == losses[1]
    one, other = (task.networks["model"].state_dict() for task in (here, there))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert here.optimizers["model"].param_groups[0]["lr"] == there.optimizers["model"].param_groups[0]["lr"]


def test_the_state_of_another_task_is_refused() -> None:
    here = tiny_task()
    tensors, metadata = state_dict(here)
    with pytest.raises(InputError, match="belongs to another training"):
        load_state_dict(tiny_task(replace(TINY, width=3)), tensors, metadata)
    with pytest.raises(InputError, match="belongs to another training"):
        load_state_dict(here, tensors, {})
