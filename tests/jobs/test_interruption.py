"""Whatever happens on the way, nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.errors import DivergedError, InputError, OutOfMemoryError
from brushwork.images import Size, read_image, resize
from brushwork.jobs import Finished, job_from_image, run_job
from brushwork.jobs.manifest import read_embedded_result
from brushwork.recipes import Progress
from tiny_job import ADAM, tiny_job, tiny_network


def interrupting(evaluation, error):
    """A network that raises at its n-th evaluation with a gradient."""
    network, count = tiny_network(), [0]

    def look(*_):
        count[0] += torch.is_grad_enabled()
        if count[0] == evaluation:
            raise error

    network.register_forward_pre_hook(look)
    return network


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a bug"), SystemExit(1)])
def test_whatever_happens_the_picture_and_a_checkpoint_stay(tmp_path, error):
    job = tiny_job(tmp_path)
    seen = []
    with pytest.raises(type(error)):
        seen.extend(run_job(job, network=interrupting(4, error)))
    found = read_embedded_result(job.output)
    assert not found.is_finished and 1 <= found.iterations <= 3
    assert job.checkpoint.exists()


def test_closing_keeps_the_picture_of_the_last_step(tmp_path):
    job = tiny_job(tmp_path)
    events = run_job(job, network=tiny_network())
    for event in events:
        if isinstance(event, Progress) and event.iterations == 4:
            break
    events.close()
    assert torch.equal(read_image(job.output).image, (event.image * 255).round() / 255)
    assert job.checkpoint.exists()


def test_what_is_finished_early_is_where_the_next_size_begins(tmp_path):
    still = replace(ADAM, learning_rate=1e-6)  # so small that a step changes nothing that 8 bits show
    job = tiny_job(tmp_path, options=still)
    events = run_job(job, network=tiny_network())
    for event in events:
        if isinstance(event, Progress) and event.iterations == 6:
            break
    events.close()
    assert read_image(job.output).image.shape[-2:] == (32, 48)
    whole = replace(job, output=tmp_path / "whole.png")
    following = next(
        one for one in run_job(whole, network=tiny_network()) if isinstance(one, Progress) and one.level == 1
    )
    finished = list(run_job(job, network=tiny_network(), resume=True, finish=True))[-1]
    assert isinstance(finished, Finished) and finished.iterations == 6
    assert read_embedded_result(job.output).is_finished, "to resume it would paint over it, from the beginning"
    assert not job.checkpoint.exists()
    kept = read_image(job.output).image
    assert kept.shape[-2:] == (64, 96)
    assert (kept - following.image).abs().max() <= 0.51 / 255  # the rounding to 8 bits
    plain = resize(event.image, Size(64, 96), clamp=True)
    assert (kept - plain).abs().max() > 10 / 255  # the photograph's detail is in it


def test_finishing_takes_the_checkpoint_that_overwriting_would_remove(tmp_path):
    job = replace(tiny_job(tmp_path), overwrite=True)
    with pytest.raises(KeyboardInterrupt):
        list(run_job(job, network=interrupting(4, KeyboardInterrupt())))
    *_, finished = run_job(job, network=interrupting(1, KeyboardInterrupt()), finish=True)
    assert isinstance(finished, Finished) and 1 <= finished.iterations <= 3
    (note,) = job_from_image(job.output).notes
    assert f"saved at iteration {finished.iterations}, before its end" in note, "rerun paints another picture"
    (again,) = run_job(job, network=interrupting(1, KeyboardInterrupt()), finish=True)
    assert again.iterations == finished.iterations


def test_a_checkpoint_of_another_job_is_not_lost_by_finishing(tmp_path):
    job = replace(tiny_job(tmp_path), overwrite=True)
    with pytest.raises(KeyboardInterrupt):
        list(run_job(job, network=interrupting(4, KeyboardInterrupt())))
    other = replace(job, options=replace(ADAM, content_weight=3.0))
    with pytest.raises(InputError, match="there is no unfinished painting"):
        list(run_job(other, network=tiny_network(), finish=True))
    assert job.checkpoint.exists()


def test_without_a_checkpoint_nothing_is_finished_and_nothing_painted(tmp_path):
    job = tiny_job(tmp_path)
    with pytest.raises(InputError, match="there is no unfinished painting"):
        list(run_job(job, network=interrupting(1, KeyboardInterrupt()), resume=True, finish=True))
    assert not job.output.exists()


def test_before_the_first_step_there_is_nothing_to_keep(tmp_path):
    job = tiny_job(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        list(run_job(job, network=interrupting(1, KeyboardInterrupt())))
    assert not job.output.exists() and not job.checkpoint.exists()


def test_an_optimization_that_fails_for_good(tmp_path):
    network, count = tiny_network(), [0]

    def blind(_, arguments, features):
        count[0] += torch.is_grad_enabled()
        return {name: one * (float("nan") if count[0] > 1 else 1) for name, one in features.items()}

    network.register_forward_hook(blind)
    job = tiny_job(tmp_path, options=replace(ADAM, iterations=20, min_size=0))
    with pytest.raises(DivergedError) as caught:
        list(run_job(job, network=network))
    best = caught.value.image.clamp(0, 1)
    assert torch.equal(read_image(job.output).image, (best * 255).round() / 255)


def test_divergence_leaves_the_best_picture(tmp_path):
    job, best = tiny_job(tmp_path), torch.full((1, 3, 20, 30), 0.2)
    with pytest.raises(DivergedError):
        list(run_job(job, network=interrupting(4, DivergedError("it failed", best))))
    assert torch.equal(read_image(job.output).image, best)
    assert not read_embedded_result(job.output).is_finished
    assert job.checkpoint.exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.89 GB, max allowed: 9.07 GB)"),
        RuntimeError("Invalid buffer size: 19.45 GB"),
    ],
)
def test_memory_that_runs_out_all_the_same(tmp_path, error):
    job = tiny_job(tmp_path)
    with pytest.raises(OutOfMemoryError, match="smaller size"):
        list(run_job(job, network=interrupting(4, error)))
    assert job.checkpoint.exists()


def test_what_cannot_be_kept_is_added_to_the_error(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("brushwork.jobs.checkpoint.replace_tensors", full)
    job = tiny_job(tmp_path)
    with pytest.raises(KeyboardInterrupt) as caught:
        list(run_job(job, network=interrupting(4, KeyboardInterrupt())))
    assert "No space left" in caught.value.__notes__[0]
    assert not read_embedded_result(job.output).is_finished
