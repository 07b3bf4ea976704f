"""The batches of a training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.errors import InputError
from brushwork.training.dataloader import BatchLoader, Prefetcher, eval_mode
from tiny_task import CPU, TINY, tiny_config, tiny_task


class Rank:
    """A process group of which only rank and size matter."""

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.world_size = rank, count


def make_loader(folder: Path, group: Any = None, **changes: Any) -> BatchLoader:
    options = replace(TINY, batch=4, **changes)
    return BatchLoader(tiny_task(options), tiny_config(folder, options), CPU, group, [].append)


@pytest.mark.slow
def test_ranks_share_a_batch_by_rows(tmp_path: Path) -> None:
    whole = make_loader(tmp_path).batch(3)
    parts = [make_loader(tmp_path, Rank(number, 2)).batch(3) for number in range(2)]
    assert whole.pictures is not None
    assert whole.pictures.shape == (4, 3, 32, 32)
    assert torch.equal(torch.cat([one.pictures for one in parts if one.pictures is not None]), whole.pictures)
    assert [(one.first, one.size, one.whole) for one in parts] == [(0, 2, 4), (2, 2, 4)]


def test_images_that_are_compared_are_on_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.training.options.TrainingOptions.min_images", 2)
    make_loader(tmp_path, Rank(0, 2))
    with pytest.raises(InputError, match=r"batch is 4: with 4 processes it must be 8 or more"):
        make_loader(tmp_path, Rank(0, 4))


def test_validation_images_are_held_out_and_stay_the_same(tmp_path: Path) -> None:
    first = make_loader(tmp_path)
    batch, same = first.validation_batch(), make_loader(tmp_path).validation_batch()
    assert (first.n_photos, first.n_val_images) == (6, 2)
    assert batch is not None
    assert same is not None
    assert torch.equal(batch.pictures, same.pictures)  # type: ignore[arg-type]
    assert make_loader(tmp_path, val_images=0).validation_batch() is None


def test_a_task_without_photographs_gets_none(tmp_path: Path) -> None:
    task = tiny_task()
    task.crop = 0
    alone = BatchLoader(task, replace(tiny_config(tmp_path), photos=None), CPU, None, [].append)
    assert alone.batch(0).pictures is None
    validation = alone.validation_batch()
    assert validation is not None
    assert (validation.size, validation.pictures) == (2, None)


def test_the_next_step_is_made_ahead() -> None:
    made_steps: list[int] = []

    def make(step: int) -> torch.Tensor:
        made_steps.append(step)
        if step == 9:
            raise InputError("no picture")
        return torch.full((1,), float(step))

    ahead = Prefetcher(make, ahead=True)
    assert [float(ahead(step)) for step in (0, 1, 2, 7)] == [0, 1, 2, 7]  # type: ignore[arg-type]
    assert sorted(made_steps)[:5] == [0, 1, 2, 3, 7]
    assert made_steps.count(1) == 1
    with pytest.raises(InputError, match="no picture"):
        ahead(9)


def test_networks_are_validated_in_eval_mode(tmp_path: Path) -> None:
    task = tiny_task(replace(TINY, norm="batch"))
    with eval_mode(task):
        assert not task.networks["model"].training
    assert task.networks["model"].training
