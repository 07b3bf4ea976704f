"""What a lesson is taught with."""

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
    """A connection of which only the places count."""

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.world_size = rank, count


def room(folder: Path, group: Any = None, **changes: Any) -> BatchLoader:
    options = replace(TINY, batch=4, **changes)
    return BatchLoader(tiny_task(options), tiny_config(folder, options), CPU, group, [].append)


@pytest.mark.slow
def test_ranks_share_a_batch_by_rows(tmp_path: Path) -> None:
    whole = room(tmp_path).batch(3)
    parts = [room(tmp_path, Rank(number, 2)).batch(3) for number in range(2)]
    assert whole.pictures is not None
    assert whole.pictures.shape == (4, 3, 32, 32)
    assert torch.equal(torch.cat([one.pictures for one in parts if one.pictures is not None]), whole.pictures)
    assert [(one.first, one.size, one.whole) for one in parts] == [(0, 2, 4), (2, 2, 4)]


def test_images_that_are_compared_are_on_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.training.options.TrainingOptions.min_images", 2)
    room(tmp_path, Rank(0, 2))
    with pytest.raises(InputError, match=r"batch is 4: with 4 processes it must be 8 or more"):
        room(tmp_path, Rank(0, 4))


def test_what_is_judged_by_is_not_learned_from_and_stays(tmp_path: Path) -> None:
    first = room(tmp_path)
    batch, same = first.validation_batch(), room(tmp_path).validation_batch()
    assert (first.n_photos, first.n_val_images) == (6, 2)
    assert batch is not None
    assert same is not None
    assert torch.equal(batch.pictures, same.pictures)  # type: ignore[arg-type]
    assert room(tmp_path, val_images=0).validation_batch() is None


def test_a_lesson_without_photographs_gets_none(tmp_path: Path) -> None:
    lesson = tiny_task()
    lesson.crop = 0
    alone = BatchLoader(lesson, replace(tiny_config(tmp_path), photos=None), CPU, None, [].append)
    assert alone.batch(0).pictures is None
    examination = alone.validation_batch()
    assert examination is not None
    assert (examination.size, examination.pictures) == (2, None)


def test_the_next_step_is_made_ahead() -> None:
    asked: list[int] = []

    def make(step: int) -> torch.Tensor:
        asked.append(step)
        if step == 9:
            raise InputError("no picture")
        return torch.full((1,), float(step))

    ahead = Prefetcher(make, ahead=True)
    assert [float(ahead(step)) for step in (0, 1, 2, 7)] == [0, 1, 2, 7]  # type: ignore[arg-type]
    assert sorted(asked)[:5] == [0, 1, 2, 3, 7]
    assert asked.count(1) == 1
    with pytest.raises(InputError, match="no picture"):
        ahead(9)


def test_learners_are_judged_as_they_paint(tmp_path: Path) -> None:
    lesson = tiny_task(replace(TINY, norm="batch"))
    with eval_mode(lesson):
        assert not lesson.networks["model"].training
    assert lesson.networks["model"].training
