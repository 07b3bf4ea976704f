"""Several ranks paint a job: the same picture, one file, one checkpoint, and one end."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest
import torch

from brushwork.errors import DivergedError, InputError, RankLostError, StopSignalError
from brushwork.gradients.tiled import Tiling
from brushwork.images import read_image
from brushwork.jobs import Finished, Started
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.manifest import read_embedded_result
from brushwork.jobs.run_distributed import run_distributed_job, run_on_all_ranks
from brushwork.recipes import Progress
from threaded_ranks import run_on_ranks
from tiny_job import ADAM, TINY, run_tiny_job, tiny_job, tiny_network

ROUNDING = 1.5 / 255
"""Of eight bits: one level, where float32 lies beside a border of two."""

PARTS = Tiling(64)


def several(job, ranks=2, **asked):
    """All events of every rank."""
    return run_on_ranks(
        ranks, lambda group: list(run_distributed_job(job, group, network=tiny_network(), tiling=PARTS, **asked))
    )


def image(path):
    return read_image(path).image


@pytest.mark.slow
@pytest.mark.parametrize("options", [TINY, ADAM], ids=["lbfgs", "adam"])
def test_the_picture_is_that_of_one_process(options, tmp_path):
    alone = tiny_job(tmp_path, options=options, output=tmp_path / "alone.png")
    shared = tiny_job(tmp_path, options=options, output=tmp_path / "shared.png")
    run_tiny_job(alone)
    first, other = several(shared)
    torch.testing.assert_close(image(shared.output), image(alone.output), rtol=0, atol=ROUNDING)
    assert any(isinstance(event, Started) for event in first)
    assert isinstance(first[-1], Finished)
    assert isinstance(other[-1], Progress)
    assert not shared.checkpoint.exists()
    assert read_embedded_result(shared.output).manifest.machine["ranks"] == 2
    assert "ranks" not in read_embedded_result(alone.output).manifest.machine


def stopped_after(count):
    """An interruption that one rank hears of."""

    def ask(group):
        asked = []

        def interrupted():
            asked.append(None)
            return signal.SIGTERM if group.rank == 1 and len(asked) >= count else 0

        return interrupted

    return ask


def stopped(job, ranks, count, **asked):
    def one(group):
        with pytest.raises(StopSignalError) as caught:
            list(
                run_distributed_job(
                    job,
                    group,
                    network=tiny_network(),
                    tiling=PARTS,
                    interrupted=stopped_after(count)(group),
                    **asked,
                )
            )
        assert caught.value.number == signal.SIGTERM

    run_on_ranks(ranks, one)


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, 8], ids=["coarse", "fine"])
def test_an_interrupted_painting_goes_on_with_another_number_of_ranks_or_alone(count, tmp_path):
    whole = tiny_job(tmp_path, output=tmp_path / "whole.png")
    run_tiny_job(whole)
    for number, go_on in enumerate(
        [lambda job: several(job, 3, resume=True)[0], lambda job: run_tiny_job(job, resume=True)]
    ):
        job = tiny_job(tmp_path, output=tmp_path / f"{number}.png")
        stopped(job, 2, count)
        assert not read_embedded_result(job.output).is_finished
        assert JobCheckpoint.read(job.checkpoint).snapshot.iterations == count
        events = go_on(job)
        assert next(event for event in events if isinstance(event, Started)).done == count
        torch.testing.assert_close(image(job.output), image(whole.output), rtol=0, atol=ROUNDING)
        assert read_embedded_result(job.output).is_finished


def test_only_the_first_rank_checks_the_outputs_disk(tmp_path, monkeypatch):
    """The others may be on machines without that folder."""
    looked = []
    monkeypatch.setattr("brushwork.jobs.writer.check_disk_space", lambda job, levels: looked.append(job))
    several(tiny_job(tmp_path, options=TINY))
    assert len(looked) == 1


@pytest.mark.slow
def test_a_checkpoint_in_time_is_that_of_one_process(tmp_path, monkeypatch):
    monkeypatch.setattr("brushwork.jobs.writer._PATIENCE", 0)
    alone, shared = (tiny_job(tmp_path, output=tmp_path / f"{name}.png") for name in ("alone", "shared"))
    states = []
    for job, begin in (
        (alone, lambda: run_tiny_job(alone, checkpoint_every=0)),
        (shared, lambda: several(shared, checkpoint_every=0)),
    ):
        kept = job.checkpoint.with_suffix(".kept")
        monkeypatch.setattr(
            "brushwork.jobs.writer.remove_file", lambda path, kept=kept: path.exists() and path.rename(kept)
        )
        begin()
        states.append(JobCheckpoint.read(kept).snapshot)
    one, other = states
    assert one.iterations == other.iterations
    assert one.resume_state.state.keys() == other.resume_state.state.keys()
    torch.testing.assert_close(other.resume_state.state["point"], one.resume_state.state["point"], rtol=0, atol=1e-2)


@pytest.mark.slow
def test_a_watched_picture_is_in_its_final_colors(tmp_path):
    """As numbered pictures and timelapses show it: the last one is the result."""
    job = tiny_job(tmp_path, options=replace(TINY, color="keep-luminance"))
    first, _ = several(job, watched=True)
    *_, last = [event for event in first if isinstance(event, Progress)]
    torch.testing.assert_close(last.image, image(job.output), rtol=0, atol=0.5 / 255 + 1e-6)
    assert (last.image - last.step.image.clamp(0, 1)).abs().max() > 0.02


def test_a_watched_picture_is_whole_on_the_first_rank(tmp_path):
    events = several(tiny_job(tmp_path), watched=True)
    seen = [event for event in events[0] if isinstance(event, Progress)]
    assert {event.image.shape[-2:] for event in seen} == {tuple(level.size) for level in seen[0].levels}


@pytest.mark.slow
def test_a_finished_picture_is_left_alone(tmp_path):
    job = tiny_job(tmp_path)
    several(job)
    before = job.output.read_bytes()
    first, other = several(job, resume=True)
    assert [type(event) for event in first] == [Finished]
    assert other == []
    assert job.output.read_bytes() == before


def test_what_fails_on_the_first_rank_ends_the_others(tmp_path):
    job = tiny_job(tmp_path)
    job.output.write_bytes(b"taken")

    def one(group):
        with pytest.raises((InputError, RankLostError)) as raised:
            list(run_distributed_job(job, group, network=tiny_network()))
        return raised.value

    first, other = run_on_ranks(2, one)
    assert isinstance(first, InputError)
    assert isinstance(other, RankLostError)
    assert str(first) in str(other)
    assert "rank 0" in str(other)


def test_agreement_raises_where_it_fails():
    def act(group):
        if group.rank == 1:
            raise InputError("no such file")
        return group.rank

    def one(group):
        try:
            return run_on_all_ranks(group, lambda: act(group))
        except (InputError, RankLostError) as error:
            return str(error)

    assert run_on_ranks(3, one) == ["rank 1 failed: no such file", "no such file", "rank 1 failed: no such file"]
    assert run_on_ranks(2, lambda group: run_on_all_ranks(group, lambda: group.rank)) == [0, 1]


def test_the_best_picture_of_a_failed_painting_is_kept_whole(tmp_path):
    options = replace(TINY, min_size=0, optimizer="adam", learning_rate=1e30, iterations=40)
    job = tiny_job(tmp_path, options=options)

    def one(group):
        with pytest.raises(DivergedError):
            list(run_distributed_job(job, group, network=tiny_network(), tiling=PARTS))

    run_on_ranks(2, one)
    assert image(job.output).shape[-2:] == (64, 96)
    assert not read_embedded_result(job.output).is_finished


def test_a_result_that_cannot_be_written_leaves_a_checkpoint_of_its_last_step(tmp_path, monkeypatch):
    def full(*_, **__):
        raise InputError("No space left on device")

    monkeypatch.setattr("brushwork.jobs.writer.write_image", full)
    job = tiny_job(tmp_path)

    def one(group):
        with pytest.raises((InputError, RankLostError), match="No space left"):
            list(run_distributed_job(job, group, network=tiny_network(), tiling=PARTS))

    run_on_ranks(2, one)
    last = job.options.schedule(read_image(job.content).size)
    assert JobCheckpoint.read(job.checkpoint).snapshot.iterations == sum(level.iterations for level in last)


@pytest.mark.slow
def test_a_lost_rank_leaves_the_checkpoint_from_before(tmp_path, monkeypatch):
    monkeypatch.setattr("brushwork.jobs.writer._PATIENCE", 0)
    job = tiny_job(tmp_path)

    def one(group):
        def killed():
            asked.append(None)
            if group.rank == 1 and len(asked) == 5:
                group.die()
            return False

        asked = []
        with pytest.raises(RankLostError) as raised:
            list(
                run_distributed_job(
                    job, group, network=tiny_network(), tiling=PARTS, checkpoint_every=0, interrupted=killed
                )
            )
        return raised.value

    survivor, _ = run_on_ranks(2, one)
    assert "out.png.checkpoint holds the painting" in survivor.__notes__[0]
    assert JobCheckpoint.read(job.checkpoint).snapshot.iterations == 4
    assert not job.output.exists()
    several(job, resume=True)
    assert read_embedded_result(job.output).is_finished
