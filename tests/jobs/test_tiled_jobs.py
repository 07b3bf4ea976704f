"""Jobs whose pictures are evaluated in tiles."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest
import torch

from brushwork.errors import OutOfMemoryError
from brushwork.gradients import partition
from brushwork.gradients.tiled import Tiling
from brushwork.gradients.whole import evaluate_whole
from brushwork.images import Size
from brushwork.jobs import Finished, Note, job_from_image, memory_estimate, run_job
from brushwork.jobs.image_sizes import InputSizes
from brushwork.jobs.manifest import read_embedded_result
from brushwork.recipes import Progress
from tiny_job import TINY, run_tiny_job, tiny_job, tiny_network

plan = importlib.import_module("brushwork.jobs.plan")  # the package has a function of this name

FLAT = replace(TINY, min_size=0, iterations=5)


@pytest.fixture
def small_tile_sides(monkeypatch):
    """Tiles that are smaller than tiny pictures."""
    monkeypatch.setattr(memory_estimate, "SIDES", (32, 48, 64))


def notes(events):
    return [event.text for event in events if isinstance(event, Note)]


@pytest.fixture
def out_of_memory_at_third(monkeypatch, small_tile_sides):
    """Memory runs out at the third evaluation of a whole picture."""

    def failing(encoder, objective):
        evaluate, calls = evaluate_whole(encoder, objective), []

        def third_time_lucky(image):
            calls.append(image)
            if len(calls) == 3:
                raise torch.OutOfMemoryError("there were 3 bytes left")
            return evaluate(image)

        return third_time_lucky

    monkeypatch.setattr(partition, "evaluate_whole", failing)


@pytest.mark.slow
def test_where_memory_runs_out_it_goes_on_in_tiles(tmp_path, out_of_memory_at_third, monkeypatch):
    job = tiny_job(tmp_path, options=FLAT)
    events = run_tiny_job(job)
    assert notes(events)[-1] == "out of memory: continuing in tiles of 48×48 pixels."
    assert [event.iterations for event in events if isinstance(event, Progress)] == [1, 2, 3, 4, 5]
    assert read_embedded_result(job.output).manifest.tiling == Tiling(48)
    monkeypatch.undo()
    *_, plain = run_tiny_job(tiny_job(tmp_path, options=FLAT, output=tmp_path / "plain.png"))
    assert isinstance(events[-1], Finished)
    assert events[-1].total == pytest.approx(plain.total, rel=1e-3)


def test_where_tiles_are_small_already_it_ends(tmp_path, out_of_memory_at_third, monkeypatch):
    monkeypatch.setattr(memory_estimate, "SIDES", (90,))
    with pytest.raises(OutOfMemoryError, match="out of memory while painting"):
        run_tiny_job(tiny_job(tmp_path, options=FLAT))


def test_where_a_loss_cannot_be_tiled_it_ends_with_what_was_painted(tmp_path, out_of_memory_at_third):
    job, seen = tiny_job(tmp_path, options=replace(FLAT, loss=("sliced",))), []
    with pytest.raises(OutOfMemoryError, match="there were 3 bytes left"):
        seen.extend(run_job(job, network=tiny_network()))
    assert "out of memory: continuing" not in " ".join(notes(seen))
    assert job.output.exists() and job.checkpoint.exists()


@pytest.mark.parametrize(
    ("error", "raised"), [(KeyboardInterrupt(), KeyboardInterrupt), (MemoryError("none left"), OutOfMemoryError)]
)
def test_what_ends_the_search_for_smaller_tiles_keeps_what_was_painted(
    tmp_path, out_of_memory_at_third, monkeypatch, error, raised
):
    def failing(*_):
        raise error

    monkeypatch.setattr("brushwork.jobs.run.halve_tiling", failing)
    job = tiny_job(tmp_path, options=FLAT)
    with pytest.raises(raised):
        run_tiny_job(job)
    assert job.output.exists() and job.checkpoint.exists()


def test_closed_while_it_goes_on_in_tiles_it_keeps_what_was_painted(tmp_path, out_of_memory_at_third):
    job = tiny_job(tmp_path, options=FLAT)
    events = run_job(job, network=tiny_network())
    assert any(isinstance(event, Note) and "out of memory" in event.text for event in events)
    events.close()
    assert job.output.exists() and job.checkpoint.exists()


@pytest.mark.slow
def test_little_memory_is_planned_for(tmp_path, small_tile_sides, monkeypatch):
    options = replace(FLAT, size=300, iterations=1)
    needed = memory_estimate.MemoryEstimator(
        InputSizes(Size(40, 60), (Size(50, 50),)), tiny_network(), torch.device("cpu")
    )
    budget = (needed(options) + needed(options, Tiling(64))) // 2
    monkeypatch.setattr(plan, "memory_budget", lambda *_: budget)
    monkeypatch.setattr(memory_estimate, "_AMPLE", 10**9)
    monkeypatch.setattr(memory_estimate, "_MOST_KEPT", 1)
    job = tiny_job(tmp_path, options=options)
    assert not any("memory" in note for note in notes(run_tiny_job(job)))
    tiling = read_embedded_result(job.output).manifest.tiling
    assert tiling == Tiling(64)


@pytest.mark.slow
def test_tiles_are_resumed_bit_for_bit(tmp_path):
    changes = {"options": TINY, "tiling": Tiling(40, 2)}
    unbroken, broken = (tiny_job(tmp_path, output=tmp_path / name, **changes) for name in ("a.png", "b.png"))
    run_tiny_job(unbroken)
    events = run_job(broken, network=tiny_network())
    next(event for event in events if isinstance(event, Progress) and event.iterations == 4)
    events.close()
    run_tiny_job(replace(broken, tiling=None), resume=True)
    assert broken.output.read_bytes() == unbroken.output.read_bytes()


@pytest.mark.slow
def test_again_looks_as_before(tmp_path):
    job = tiny_job(tmp_path, options=FLAT, tiling=Tiling(40))
    run_tiny_job(job)
    repeat = job_from_image(job.output)
    assert repeat.job.tiling == Tiling(40)
    run_tiny_job(repeat.job)
    assert repeat.job.output.read_bytes() == job.output.read_bytes()
