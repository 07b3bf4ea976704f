from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from importlib import import_module

import pytest
import torch

from brushwork.devices.memory import allocated_memory
from brushwork.errors import InputError, OutOfMemoryError
from brushwork.images import Size, read_image, write_image
from brushwork.jobs import Finished, Note, Started, run_job, writer
from brushwork.jobs.manifest import read_embedded_result
from brushwork.recipes import Progress, ReconstructionOptions, TextureOptions
from tiny_job import STYLE, TINY, picture, run_tiny_job, tiny_job, tiny_network


def kinds(events):
    return [type(event).__name__ for event in events]


def notes(events):
    return [event.text for event in events if isinstance(event, Note)]


def test_a_painting_starts_progresses_and_finishes(tmp_path):
    job = tiny_job(tmp_path)
    started, *steps, finished = run_tiny_job(job)
    assert isinstance(started, Started)
    assert started.device == torch.device("cpu")
    assert [level.iterations for level in started.levels] == [6, 3]
    assert started.done == 0
    spent = [step.iterations for step in steps]  # a searched step may take several evaluations
    assert spent[0] == 1 and len(spent) > 5 and spent == sorted(set(spent)) and spent[-1] <= 9
    assert isinstance(finished, Finished)
    assert finished.path == job.output
    assert finished.iterations == steps[-1].iterations
    assert finished.total == float(steps[-1].step.losses.total)
    assert finished.losses.keys() == steps[-1].step.losses.terms.keys()
    assert finished.notes == ()
    assert 0 < finished.seconds < 60


def test_the_picture_is_the_last_one_and_nothing_else_is_left(tmp_path):
    job = tiny_job(tmp_path)
    *_, last, _ = run_tiny_job(job, checkpoint_every=0)
    assert torch.equal(read_image(job.output).image, (last.image * 255).round() / 255)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.png", "painting.png", "photograph.png"]


def test_what_was_done_stands_in_the_picture(tmp_path):
    job = tiny_job(tmp_path)
    *_, finished = run_tiny_job(job)
    found = read_embedded_result(job.output)
    assert found.manifest.options == replace(TINY, engine="plain")  # what auto found for this network
    assert found.is_finished
    assert (found.iterations, found.total, found.losses) == (finished.iterations, finished.total, finished.losses)


@pytest.mark.parametrize(
    "options", [ReconstructionOptions(layer="conv2_1"), TextureOptions(size="70x50", style_layers=STYLE)]
)
def test_every_recipe_is_painted(tmp_path, options):
    options = replace(options, iterations=3, **({"size": 96} if isinstance(options, ReconstructionOptions) else {}))
    job = tiny_job(tmp_path, options=options, styles=())
    run_tiny_job(job)
    expected = Size(50, 70) if isinstance(options, TextureOptions) else Size(64, 96)
    assert read_image(job.output).size == expected


def test_a_start_picture_is_used(tmp_path):
    one, other = (tmp_path / name for name in ("one.png", "other.png"))
    write_image(picture(5, 40, 60), one)
    start = tiny_job(tmp_path, init=one, output=other, options=replace(TINY, iterations=1, min_size=0, size=60))
    run_tiny_job(start)
    assert torch.equal(read_image(other).image, read_image(one).image)


def test_alpha_is_carried_around(tmp_path):
    alpha = torch.ones(1, 1, 40, 60)
    alpha[..., :20, :] = 0
    write_image(picture(1, 40, 60), tmp_path / "photograph.png", alpha=alpha)
    job = tiny_job(tmp_path)
    run_tiny_job(job)
    found = read_image(job.output).alpha
    assert found is not None and found.shape == (1, 1, 64, 96)
    assert found[..., :28, :].max() < 0.1 and found[..., 36:, :].min() > 0.9
    *_, finished = run_tiny_job(replace(job, output=tmp_path / "out.jpg"))
    assert finished.notes == ("photograph.png is transparent in places, and .jpg cannot be: written over white.",)


def test_textures_are_not_transparent(tmp_path):
    write_image(picture(1, 40, 60), tmp_path / "photograph.png", alpha=torch.full((1, 1, 40, 60), 0.5))
    job = tiny_job(tmp_path, options=TextureOptions(size="64x64", iterations=2, style_layers=STYLE), styles=())
    events = run_tiny_job(job)
    assert "textures are not" in " ".join(notes(events))
    assert read_image(job.output).alpha is None


def test_16_bits_stay_16_bits(tmp_path):
    pytest.importorskip("pyvips")
    write_image(picture(1, 40, 60), tmp_path / "photograph.png", bits=16)
    job = tiny_job(tmp_path)
    assert notes(run_tiny_job(job)) == []
    assert read_image(job.output).bits == 16
    assert "keeps 8" in notes(run_tiny_job(replace(job, output=tmp_path / "out.webp")))[0]


def test_notes_of_reading_are_reported_at_the_beginning(tmp_path):
    write_image(picture(1, 40, 60), tmp_path / "photograph.png", alpha=torch.zeros(1, 1, 40, 60))
    first, *_ = run_tiny_job(tiny_job(tmp_path))
    assert first == Note("photograph.png: fully transparent: read as white")


@pytest.mark.parametrize("every", [float("nan"), float("inf"), -1.0])
def test_an_interval_of_checkpoints_that_is_none_is_refused(tmp_path, every):
    with pytest.raises(InputError, match=f"checkpoint-every is {every}: it must be 0 or more seconds"):
        run_tiny_job(tiny_job(tmp_path), checkpoint_every=every)


def test_nothing_is_overwritten_without_permission(tmp_path):
    job = tiny_job(tmp_path)
    job.output.write_bytes(b"precious")
    with pytest.raises(InputError, match="already exists"):
        run_tiny_job(job)
    assert job.output.read_bytes() == b"precious"
    run_tiny_job(replace(job, overwrite=True))
    assert read_image(job.output).size == Size(64, 96)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"content": "nowhere.png"}, "nowhere.png"),
        ({"styles": ("nowhere.png",)}, "nowhere.png"),
        ({"init": "nowhere.png"}, "nowhere.png"),
        ({"output": "no/where.png"}, "folder"),
        ({"output": "out.txt"}, "ending|ends"),
        ({"device": "cuba"}, "device is 'cuba': it must be one of"),
        ({"max_pixels": 100}, "limit"),
        ({"options": replace(TINY, style_layers=("conv9_9",))}, "no layer 'conv9_9'"),
        ({"styles": ()}, "no style image"),
    ],
)
def test_what_cannot_be_is_said_before_painting(tmp_path, change, message):
    paths = {name: tmp_path / value for name, value in change.items() if isinstance(value, str) and "." in value}
    if change.get("styles"):
        paths["styles"] = (tmp_path / change["styles"][0],)
    with pytest.raises(InputError, match=message):
        run_tiny_job(replace(job := tiny_job(tmp_path), **(change | paths)))
    assert not job.output.exists()


def test_the_photograph_is_no_painting(tmp_path):
    job = tiny_job(tmp_path)
    (tmp_path / "copy.png").write_bytes(job.content.read_bytes())
    with pytest.raises(InputError, match=r"copy.png is the content image itself"):
        run_tiny_job(replace(job, styles=(*job.styles, tmp_path / "copy.png")))


def test_a_name_that_leaves_no_space_for_that_of_the_checkpoint(tmp_path):
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    for letters in (longest + 1, longest, longest - len(".checkpoint.part") + 1):
        job = tiny_job(tmp_path, output=tmp_path / f"{'x' * (letters - 4)}.png")
        with pytest.raises(InputError, match="the name is too long; write under a shorter one"):
            run_tiny_job(job)
    run_tiny_job(tiny_job(tmp_path, output=tmp_path / f"{'x' * (longest - len('.checkpoint.part') - 4)}.png"))


@pytest.mark.parametrize("name", ["photograph.png", "painting.png", "start.png"])
def test_no_input_is_overwritten(tmp_path, name):
    write_image(picture(3, 40, 60), tmp_path / "start.png")
    job = tiny_job(tmp_path, init=tmp_path / "start.png", output=tmp_path / name, overwrite=True)
    before = job.output.read_bytes()
    with pytest.raises(InputError, match="is one of the inputs"):
        run_tiny_job(job)
    assert job.output.read_bytes() == before


def test_a_picture_too_long_for_the_network_is_refused_before_painting(tmp_path):
    write_image(picture(1, 33, 1000), tmp_path / "photograph.png")
    with pytest.raises(InputError, match="the result would begin at 96×3 pixels"):
        run_tiny_job(tiny_job(tmp_path))


@pytest.mark.slow
def test_work_that_does_not_fit_names_the_size_that_does(tmp_path):
    job = tiny_job(tmp_path, options=replace(TINY, size=4096, min_size=0))
    with pytest.raises(OutOfMemoryError) as caught:
        run_tiny_job(job, memory=allocated_memory(torch.device("cpu")) + 1_100_000_000)
    fitting = caught.value.max_size
    assert fitting is not None and 500 < fitting < 4000
    assert f"use --size {fitting} or less" in str(caught.value)
    with pytest.raises(OutOfMemoryError, match="raise it to at least"):
        run_tiny_job(tiny_job(tmp_path), memory=1)


@pytest.mark.slow
def test_the_limit_that_a_refusal_names_is_enough(tmp_path, monkeypatch):
    for place in ("memory", "shortage"):
        monkeypatch.setattr(import_module(f"brushwork.devices.{place}"), "allocated_memory", lambda _: 123_456_789)
    job = tiny_job(tmp_path)
    with pytest.raises(OutOfMemoryError, match="raise it to at least") as caught:
        run_tiny_job(job, memory=1)
    (limit,) = re.findall(r"at least ([\d.]+)GB", str(caught.value))
    run_tiny_job(job, memory=round(float(limit) * 1e9))
    assert job.output.exists()


@pytest.mark.slow
def test_a_disk_without_space_for_checkpoints_is_reported_before_painting(tmp_path, monkeypatch):
    job = tiny_job(tmp_path)
    needed = 2 * 64 * 96 * 3 * 4 * (2 * TINY.history + 5)  # two of them, each the optimizer's vectors
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("brushwork.jobs.writer.shutil.disk_usage", lambda _: usage._replace(free=needed - 1))
    monkeypatch.setattr("brushwork.jobs.preflight.check_writable", lambda *_, **__: None)
    note, *_, finished = run_tiny_job(job, checkpoint_every=0)
    assert "no checkpoints are written" in note.text
    assert finished.notes == (note.text,)
    monkeypatch.setattr("brushwork.jobs.writer.shutil.disk_usage", lambda _: usage._replace(free=needed))
    assert notes(run_tiny_job(replace(job, overwrite=True))) == []


def test_a_full_disk_is_found_before_painting(tmp_path, monkeypatch):
    job = tiny_job(tmp_path)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("brushwork.images.write.shutil.disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(InputError, match=r"has 0 MB left, but \d+ MB are needed"):
        run_tiny_job(job)


def test_a_checkpoint_that_cannot_be_written_is_said_once_and_painting_goes_on(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("brushwork.jobs.checkpoint.replace_tensors", full)
    events = run_tiny_job(tiny_job(tmp_path), checkpoint_every=0)
    (note,) = notes(events)
    assert "No space left on device" in note
    assert events[-1].notes == (note,)


@pytest.mark.slow
def test_checkpoints_take_little_of_the_time(tmp_path, monkeypatch):
    now, written = [0.0], []

    def slow(*_):
        written.append(now[0])
        now[0] += 1.0

    monkeypatch.setattr(writer, "monotonic", lambda: now[0])
    monkeypatch.setattr("brushwork.jobs.checkpoint.replace_tensors", slow)
    for event in run_job(
        tiny_job(tmp_path, options=replace(TINY, iterations=60)), network=tiny_network(), checkpoint_every=2
    ):
        now[0] += isinstance(event, Progress)
    assert written == [2.0, 23.0, 44.0, 65.0, 86.0]


@pytest.mark.slow
def test_the_first_checkpoint_comes_after_five_seconds(tmp_path, monkeypatch):
    now, written = [0.0], []
    monkeypatch.setattr(writer, "monotonic", lambda: now[0])
    monkeypatch.setattr("brushwork.jobs.checkpoint.replace_tensors", lambda *_: written.append(now[0]))
    for event in run_job(tiny_job(tmp_path, options=replace(TINY, iterations=100)), network=tiny_network()):
        now[0] += isinstance(event, Progress)
    assert written == [5.0, 65.0, 125.0]


def test_the_output_is_the_same_file_each_time(tmp_path):
    job = tiny_job(tmp_path)
    run_tiny_job(job)
    first = job.output.read_bytes()
    run_tiny_job(replace(job, overwrite=True), checkpoint_every=0)
    assert job.output.read_bytes() == first


@pytest.mark.slow
def test_the_real_network_paints(tmp_path):
    options = replace(TINY, content_layers=("conv4_2",), style_layers=("conv1_1", "conv3_1"), iterations=2, min_size=0)
    job = tiny_job(tmp_path, options=options)
    *_, finished = run_job(job)
    assert finished.iterations == 2
    manifest = json.loads(json.dumps(read_embedded_result(job.output).manifest.to_json()))
    assert manifest["network"] == options.network
