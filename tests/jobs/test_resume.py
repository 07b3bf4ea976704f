from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import tiny_job as tiny_job_script
from brushwork.errors import InputError
from brushwork.images import write_image
from brushwork.jobs import Finished, Note, Started, run_job
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.recipes import Progress
from tiny_job import ADAM, TINY, picture, run_tiny_job, tiny_job, tiny_network

SEARCHING = replace(TINY, line_search=True, bounded=True, init="noise")

GUARDED = replace(ADAM, learning_rate=100.0)
"""So fast that the guard has to step in."""


def paint_and_stop(job, evaluations, *, resume=False, encoder=None):
    """Paint until so many evaluations are spent, and stop there."""
    events = run_job(job, network=encoder or tiny_network(), resume=resume)
    for event in events:
        if isinstance(event, Progress) and event.iterations >= evaluations:
            break
    events.close()


@pytest.mark.slow
@pytest.mark.parametrize("options", [TINY, ADAM, SEARCHING, GUARDED], ids=["lbfgs", "adam", "line search", "guarded"])
def test_the_end_is_bit_for_bit_that_of_an_unbroken_run(tmp_path, options):
    whole = tiny_job(tmp_path, options=options, output=tmp_path / "whole.png")
    *_, unbroken = run_tiny_job(whole)
    for evaluations in range(1, unbroken.iterations + 1):
        broken = tiny_job(tmp_path, options=options, output=tmp_path / f"broken-{evaluations}.png")
        paint_and_stop(broken, evaluations)
        started, *_, finished = run_tiny_job(broken, resume=True)
        assert started.done >= evaluations
        assert finished.total == unbroken.total
        assert broken.output.read_bytes() == whole.output.read_bytes()
        assert not broken.checkpoint.exists()


@pytest.mark.slow
def test_it_can_be_interrupted_again_and_again(tmp_path):
    whole, broken = tiny_job(tmp_path, output=tmp_path / "whole.png"), tiny_job(tmp_path)
    run_tiny_job(whole)
    for evaluations in range(1, 9):
        paint_and_stop(broken, evaluations, resume=True)
    run_tiny_job(broken, resume=True)
    assert broken.output.read_bytes() == whole.output.read_bytes()


@pytest.mark.slow
def test_the_real_network_resumes_bit_for_bit(tmp_path):
    options = replace(TINY, content_layers=("conv3_1",), style_layers=("conv1_1", "conv2_1"), iterations=3)
    whole, broken = (tiny_job(tmp_path, options=options, output=tmp_path / name) for name in ("w.png", "b.png"))
    list(run_job(whole))
    events = run_job(broken)
    next(event for event in events if isinstance(event, Progress) and event.iterations == 2)
    events.close()
    list(run_job(broken, resume=True))
    assert broken.output.read_bytes() == whole.output.read_bytes()


@pytest.mark.slow
def test_killed_at_any_moment_it_can_be_resumed(tmp_path, fork_server):
    if not hasattr(os, "fork"):
        pytest.skip("needs os.fork")
    found = fork_server.run(tiny_job_script.__file__, str(tmp_path))
    assert found.returncode == 0, found.stdout + found.stderr


def test_notes_of_the_guard_go_on(tmp_path):
    whole, broken = (tiny_job(tmp_path, options=GUARDED, output=tmp_path / name) for name in ("w.png", "b.png"))
    *_, unbroken = run_tiny_job(whole)
    assert "restarted from the best image" in unbroken.notes[0]
    paint_and_stop(broken, unbroken.iterations - 1)
    started, *_, finished = run_tiny_job(broken, resume=True)
    assert isinstance(started, Started)
    assert finished.notes == unbroken.notes


def test_time_and_notes_go_on(tmp_path):
    write_image(picture(1, 40, 60), tmp_path / "photograph.png", alpha=torch.zeros(1, 1, 40, 60))
    job = tiny_job(tmp_path)
    paint_and_stop(job, 3)
    before = JobCheckpoint.read(job.checkpoint)
    *_, finished = run_tiny_job(job, resume=True)
    assert finished.seconds > before.seconds > 0
    assert finished.notes == ("photograph.png: fully transparent: read as white",)


def test_resuming_without_a_checkpoint_begins_anew_and_says_so(tmp_path):
    job = tiny_job(tmp_path)
    note, started, *_ = run_tiny_job(job, resume=True)
    assert isinstance(note, Note) and "from the beginning" in note.text
    assert isinstance(started, Started) and started.done == 0


def test_what_is_finished_is_not_painted_again(tmp_path):
    job = tiny_job(tmp_path)
    *_, first = run_tiny_job(job)
    content = job.output.read_bytes()
    (again,) = run_tiny_job(job, resume=True)
    assert isinstance(again, Finished)
    assert (again.total, again.losses, again.iterations) == (first.total, first.losses, first.iterations)
    assert "already finished" in again.notes[0]
    assert job.output.read_bytes() == content


def test_a_checkpoint_left_beside_a_finished_picture_is_removed(tmp_path):
    job = tiny_job(tmp_path)
    paint_and_stop(job, 8)
    left = job.checkpoint.read_bytes()
    run_tiny_job(job, resume=True)
    job.checkpoint.write_bytes(left)
    run_tiny_job(job, resume=True)
    assert not job.checkpoint.exists()


def test_an_unfinished_painting_is_not_lost_to_a_new_one(tmp_path):
    job = tiny_job(tmp_path)
    paint_and_stop(job, 2)
    job.output.unlink()
    with pytest.raises(InputError, match="unfinished painting: resume it"):
        run_tiny_job(job)
    assert job.checkpoint.exists()
    run_tiny_job(replace(job, overwrite=True))
    assert not job.checkpoint.exists()


def test_a_new_beginning_does_not_leave_the_old_checkpoint(tmp_path):
    job = tiny_job(tmp_path, overwrite=True)
    paint_and_stop(job, 2)
    events = run_job(job, network=tiny_network())
    next(event for event in events if isinstance(event, Started))
    assert job.checkpoint.exists()  # nothing has been painted yet that could be lost
    next(event for event in events if isinstance(event, Progress))
    assert not job.checkpoint.exists()


def test_other_options_or_pictures_are_refused_by_name(tmp_path):
    job = tiny_job(tmp_path)
    paint_and_stop(job, 2)
    longer = replace(job, options=replace(TINY, iterations=7))
    with pytest.raises(InputError, match=f"go on from it with --init {job.output}"):
        run_tiny_job(longer, resume=True)
    job.output.unlink()
    with pytest.raises(InputError, match="iterations: 7 here, 6 there"):
        run_tiny_job(longer, resume=True)
    write_image(picture(9, 40, 60), job.content, overwrite=True)
    with pytest.raises(InputError, match="another content image"):
        run_tiny_job(job, resume=True)
    note, *_ = run_tiny_job(replace(job, overwrite=True), resume=True)
    assert "from the beginning" in note.text


def test_another_picture_at_the_output_is_not_lost(tmp_path):
    job = tiny_job(tmp_path)
    run_tiny_job(replace(job, options=replace(TINY, seed=1)))
    content = job.output.read_bytes()
    with pytest.raises(InputError, match="seed: 0 here, 1 there"):
        run_tiny_job(job, resume=True)
    write_image(picture(1, 40, 60), job.output, overwrite=True)
    with pytest.raises(InputError, match="no record"):
        run_tiny_job(job, resume=True)
    assert job.output.read_bytes() != content


def test_other_circumstances_are_reported(tmp_path):
    job = tiny_job(tmp_path)
    paint_and_stop(job, 2)
    found = JobCheckpoint.read(job.checkpoint)
    elsewhere = replace(found.manifest, machine=found.manifest.machine | {"torch": "1.0"})
    found._replace(manifest=elsewhere).write(job.checkpoint)
    note, *_ = run_tiny_job(job, resume=True)
    assert "1.0 there" in note.text


def test_a_damaged_checkpoint_is_refused_by_name(tmp_path):
    job = tiny_job(tmp_path)
    paint_and_stop(job, 2)
    job.checkpoint.write_bytes(job.checkpoint.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"out.png.checkpoint is damaged"):
        run_tiny_job(job, resume=True)
    save_file({"x": torch.zeros(1)}, job.checkpoint)
    with pytest.raises(InputError, match="is not a checkpoint"):
        run_tiny_job(job, resume=True)


def _changed(path, change):
    """Write a checkpoint anew, its metadata or its tensors changed."""
    with safe_open(path, framework="pt") as file:
        metadata = json.loads(file.metadata()["brushwork checkpoint"])
    tensors = load_file(path)
    change(metadata, tensors)
    save_file(tensors, path, {"brushwork checkpoint": json.dumps(metadata)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda metadata, _: metadata.update(level=7), "evaluation 2 of size 8"),
        (lambda metadata, _: metadata.update(level=-1), "evaluation 2 of size 0"),
        (lambda metadata, _: metadata.update(level_iterations=10**6), "evaluation 1000000 of size 1"),
        (lambda metadata, _: metadata.update(level="0"), "level is '0'"),
        (lambda metadata, _: metadata.update(notes="none"), "notes is 'none'"),
        (lambda metadata, _: metadata["losses"].update(more=[]), "loss more is []"),
        (lambda metadata, _: metadata["manifest"].update(tiling={"side": "wide"}), "tiling"),
        (lambda metadata, _: metadata["manifest"].update(machine=[1]), "is incomplete"),
        (lambda _, tensors: tensors.pop("point"), "'point'"),
        (lambda _, tensors: tensors.pop("shown"), "'shown'"),
        (lambda _, tensors: tensors["shown"].fill_(torch.nan), "not finite"),
        (lambda _, tensors: tensors.update(point=torch.zeros(1, 3, 8, 8)), "has the shape"),
        (lambda _, tensors: tensors.update({"lbfgs.s.0": torch.zeros(1, 3, 8, 8)}), "lbfgs.s.0 has the shape"),
        (lambda _, tensors: tensors.pop("lbfgs.y.0"), "no 'lbfgs.y.0'"),
        (lambda _, tensors: tensors.update({"lbfgs.moved": torch.tensor(torch.nan)}), "'lbfgs.moved'"),
        (lambda _, tensors: tensors.update({"guard.troubles": torch.tensor(0.5)}), "'guard.troubles'"),
    ],
)
def test_a_checkpoint_with_other_values_is_refused_and_leaves_nothing(change, message, tmp_path):
    job = tiny_job(tmp_path)
    paint_and_stop(job, 2)
    job.output.unlink()
    _changed(job.checkpoint, change)
    with pytest.raises(InputError) as caught:
        run_tiny_job(job, resume=True)
    assert message in str(caught.value)
    assert not job.output.exists()


def test_the_loaded_state_is_let_go(tmp_path):
    job = tiny_job(tmp_path)
    paint_and_stop(job, 5)
    events = run_job(job, network=tiny_network(), resume=True)
    steps = (event for event in events if isinstance(event, Progress))
    next(steps), next(steps)
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    assert str(job.checkpoint) not in maps.read_text()
    events.close()
