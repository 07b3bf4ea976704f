from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.devices.memory import allocated_memory, trim_memory
from brushwork.errors import InputError, OutOfMemoryError
from brushwork.feedforward.adain_transfer import AdaINStylizer
from brushwork.feedforward.options import AdaINOptions
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size, image_size, read_image, write_image
from brushwork.jobs import (
    Advanced,
    Finished,
    Job,
    Note,
    Started,
    job_from_image,
    run_job,
)
from brushwork.jobs.manifest import read_embedded_result

OPTIONS = AdaINOptions(size=48)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def stylizer():
    return OPTIONS.load_stylizer(CPU)


@pytest.fixture
def job(tmp_path):
    generator = torch.Generator().manual_seed(0)
    for name, height, width in (("photograph.png", 40, 60), ("painting.png", 50, 50)):
        write_image(torch.rand(1, 3, height, width, generator=generator), tmp_path / name)
    return Job(
        options=OPTIONS,
        content=tmp_path / "photograph.png",
        styles=(tmp_path / "painting.png",),
        output=tmp_path / "out.png",
        device="cpu",
    )


def _painted(job, stylizer, **options):
    return list(run_job(job, network=stylizer, **options))


@pytest.mark.slow
def test_from_files_to_a_file(job, stylizer):
    started, *passed, finished = _painted(job, stylizer)
    assert isinstance(started, Started)
    assert (started.levels[-1].size, started.iterations) == (Size(32, 48), 0)
    assert [one for one in passed if isinstance(one, Advanced)][-1].done == 1
    assert isinstance(finished, Finished)
    assert (finished.path, finished.iterations, dict(finished.losses)) == (job.output, 0, {})
    assert image_size(job.output) == Size(32, 48)


@pytest.mark.slow
def test_the_picture_says_how_it_was_painted_and_can_be_painted_again(job, stylizer):
    _painted(job, stylizer)
    found = read_embedded_result(job.output)
    assert found.is_finished
    assert replace(found.manifest.options, engine="auto") == OPTIONS
    assert found.manifest.network == "adain"
    repeat = job_from_image(job.output).job
    _painted(repeat, stylizer)
    assert torch.equal(read_image(repeat.output).image, read_image(job.output).image)


@pytest.mark.slow
def test_what_is_finished_stays_when_resumed(job, stylizer):
    _painted(job, stylizer)
    before = job.output.stat().st_mtime_ns
    (finished,) = _painted(job, stylizer, resume=True)
    assert "is already finished" in finished.notes[0]
    assert job.output.stat().st_mtime_ns == before
    other = replace(job, options=replace(OPTIONS, strength=0.5))
    with pytest.raises(InputError, match=r"belongs to another painting .*options, choose another output") as refused:
        _painted(other, stylizer, resume=True)
    assert "--init" not in str(refused.value), "it begins with the photograph and with nothing else"


def test_nothing_is_lost_unasked(job, stylizer):
    job.output.write_bytes(b"dear")
    with pytest.raises(InputError, match=r"out\.png"):
        _painted(job, stylizer)
    assert job.output.read_bytes() == b"dear"
    _painted(replace(job, overwrite=True), stylizer)
    assert image_size(job.output) == Size(32, 48)


def test_a_picture_is_not_painted_over_itself(job, stylizer):
    with pytest.raises(InputError, match="is one of the inputs"):
        _painted(replace(job, output=job.content, overwrite=True), stylizer)
    with pytest.raises(InputError, match="is the content image itself"):
        _painted(replace(job, styles=(job.content,)), stylizer)


def test_transparency_is_kept(job, stylizer, tmp_path):
    alpha = torch.ones(1, 1, 40, 60)
    alpha[..., 30:] = 0
    write_image(torch.rand(1, 3, 40, 60), tmp_path / "clear.png", alpha=alpha)
    _painted(replace(job, content=tmp_path / "clear.png"), stylizer)
    found = read_image(job.output).alpha
    assert found is not None
    assert float(found[..., :20].min()) == 1
    assert float(found[..., -16:].max()) == 0


def test_what_should_be_known_is_noted(job, stylizer):
    notes = [
        event.text
        for event in _painted(replace(job, options=AdaINOptions(size=160)), stylizer)
        if isinstance(event, Note)
    ]
    assert any("is enlarged 3.2 times" in note for note in notes)


def _held():
    trim_memory()
    return allocated_memory(CPU)


@pytest.mark.slow
def test_in_tiles_it_paints_the_same_picture(job, stylizer):
    large = replace(job, options=AdaINOptions(size=200, style_scale=(0.5,)))
    _painted(large, stylizer)
    whole = read_image(job.output).image
    _painted(replace(large, overwrite=True, tiling=Tiling(136)), stylizer)
    assert read_embedded_result(job.output).manifest.tiling == Tiling(136)
    assert float((read_image(job.output).image - whole).abs().max()) <= 1.01 / 255


@pytest.mark.slow
def test_what_does_not_fit_says_what_does(job, stylizer):
    with pytest.raises(OutOfMemoryError, match="raise it to at least"):
        _painted(job, stylizer, memory=_held() + 2**20)
    with pytest.raises(OutOfMemoryError, match=r"use --size \d+ or less") as caught:
        _painted(
            replace(job, options=AdaINOptions(size=4000, style_scale=(0.1,))), stylizer, memory=_held() + 400 * 2**20
        )
    assert 32 <= caught.value.max_size < 4000


def test_nothing_is_started_from(job, tmp_path):
    started = replace(job, init=tmp_path / "start.png")
    with pytest.raises(InputError, match="initial images were given, but adain takes none"):
        next(run_job(started))


def test_an_unfinished_painting_is_not_replaced_unasked(job, stylizer):
    job.checkpoint.write_bytes(b"dear")
    with pytest.raises(InputError, match="holds an unfinished painting"):
        _painted(job, stylizer)
    assert job.checkpoint.read_bytes() == b"dear" and not job.output.exists()
    _painted(replace(job, overwrite=True), stylizer)
    assert job.output.exists() and not job.checkpoint.exists()


def test_an_interruption_leaves_nothing(job, stylizer):
    events = run_job(job, network=stylizer, checkpoint_every=0)
    next(event for event in events if isinstance(event, Advanced) and event.done == 1)
    events.close()
    assert not job.output.exists() and not job.checkpoint.exists()


@pytest.mark.slow
def test_where_memory_runs_out_smaller_tiles_are_taken(job, stylizer, monkeypatch):
    large, own = replace(job, options=AdaINOptions(size=900, style_scale=(0.1,))), AdaINStylizer.stylize

    def scarce(self, images, canvas, side=None):
        if side is None:
            raise RuntimeError("can't allocate memory")
        return own(self, images, canvas, side)

    monkeypatch.setattr(AdaINStylizer, "stylize", scarce)
    notes = [
        event.text for event in _painted(large, replace(stylizer, options=large.options)) if isinstance(event, Note)
    ]
    assert notes[-1] == "out of memory: continuing in tiles of 512×512 pixels."
    assert image_size(job.output) == Size(600, 900)
    assert read_embedded_result(job.output).manifest.tiling == Tiling(512)
