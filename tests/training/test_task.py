"""What ranks draw for a step."""

from __future__ import annotations

import torch

from brushwork.training.task import TrainingBatch

CPU = torch.device("cpu")


def drawn(first: int, size: int, step: int = 3) -> torch.Tensor:
    batch = TrainingBatch(step, 7, first, size, 4, CPU)
    return batch.local_rows(torch.rand(batch.whole, 2, generator=batch.generator()))


def test_ranks_draw_their_rows_of_the_same_chance() -> None:
    assert torch.equal(torch.cat([drawn(0, 2), drawn(2, 2)]), drawn(0, 4))


def test_steps_draw_other_things() -> None:
    assert not torch.equal(drawn(0, 4), drawn(0, 4, step=4))
