from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError, OutOfMemory
from brushwork.evaluate.memory import give_back, held_memory
from brushwork.evaluate.tiled import Tiling
from brushwork.fast.instant import Instant
from brushwork.jobs import Finished, Note, OnePass, Passed, Started, again, commission, paint_at_once
from brushwork.jobs.inscription import read_inscription
from brushwork.picture import Size, picture_size, read_picture, write_picture

OPTIONS = Instant(size=48)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def brush():
    return OPTIONS.brush(CPU)


@pytest.fixture
def job(tmp_path):
    generator = torch.Generator().manual_seed(0)
    for name, height, width in (("photograph.png", 40, 60), ("painting.png", 50, 50)):
        write_picture(torch.rand(1, 3, height, width, generator=generator), tmp_path / name)
    return OnePass(
        options=OPTIONS,
        content=tmp_path / "photograph.png",
        paintings=(tmp_path / "painting.png",),
        output=tmp_path / "out.png",
        device="cpu",
    )


def _painted(job, brush, **asked):
    return list(paint_at_once(job, brush=brush, **asked))


@pytest.mark.slow
def test_from_files_to_a_file(job, brush):
    started, *passed, finished = _painted(job, brush)
    assert isinstance(started, Started)
    assert (started.levels[-1].size, started.spent) == (Size(32, 48), 0)
    assert [one for one in passed if isinstance(one, Passed)][-1].done == 1
    assert isinstance(finished, Finished)
    assert (finished.path, finished.closures, dict(finished.losses)) == (job.output, 0, {})
    assert picture_size(job.output) == Size(32, 48)


@pytest.mark.slow
def test_the_picture_says_how_it_was_painted_and_can_be_painted_again(job, brush):
    _painted(job, brush)
    found = read_inscription(job.output)
    assert found.finished
    assert replace(found.record.options, engine="auto") == OPTIONS
    assert found.record.network == "adain"
    repeat = again(job.output).job
    assert isinstance(repeat, OnePass)
    _painted(repeat, brush)
    assert torch.equal(read_picture(repeat.output).image, read_picture(job.output).image)


@pytest.mark.slow
def test_what_is_finished_stays_when_resumed(job, brush):
    _painted(job, brush)
    before = job.output.stat().st_mtime_ns
    (finished,) = _painted(job, brush, resume=True)
    assert "was finished already" in finished.notes[0]
    assert job.output.stat().st_mtime_ns == before
    other = replace(job, options=replace(OPTIONS, strength=0.5))
    with pytest.raises(InputError, match="belongs to another painting"):
        _painted(other, brush, resume=True)


def test_nothing_is_lost_unasked(job, brush):
    job.output.write_bytes(b"dear")
    with pytest.raises(InputError, match=r"out\.png"):
        _painted(job, brush)
    assert job.output.read_bytes() == b"dear"
    _painted(replace(job, overwrite=True), brush)
    assert picture_size(job.output) == Size(32, 48)


def test_a_picture_is_not_painted_over_itself(job, brush):
    with pytest.raises(InputError, match="is a picture to paint from"):
        _painted(replace(job, output=job.content, overwrite=True), brush)
    with pytest.raises(InputError, match="is the photograph itself"):
        _painted(replace(job, paintings=(job.content,)), brush)


def test_transparency_is_kept(job, brush, tmp_path):
    alpha = torch.ones(1, 1, 40, 60)
    alpha[..., 30:] = 0
    write_picture(torch.rand(1, 3, 40, 60), tmp_path / "clear.png", alpha=alpha)
    _painted(replace(job, content=tmp_path / "clear.png"), brush)
    found = read_picture(job.output).alpha
    assert found is not None
    assert float(found[..., :20].min()) == 1
    assert float(found[..., -16:].max()) == 0


def test_what_should_be_known_is_noted(job, brush):
    notes = [
        event.text for event in _painted(replace(job, options=Instant(size=160)), brush) if isinstance(event, Note)
    ]
    assert any("looked at enlarged 3.2 times" in note for note in notes)


def _held():
    give_back()
    return held_memory(CPU)


@pytest.mark.slow
def test_in_tiles_it_paints_the_same_picture(job, brush):
    large = replace(job, options=Instant(size=200, style_scale=(0.5,)))
    _painted(large, brush)
    whole = read_picture(job.output).image
    _painted(replace(large, overwrite=True, tiling=Tiling(136)), brush)
    assert read_inscription(job.output).record.tiling == Tiling(136)
    assert float((read_picture(job.output).image - whole).abs().max()) <= 1.01 / 255


@pytest.mark.slow
def test_what_does_not_fit_says_what_does(job, brush):
    with pytest.raises(OutOfMemory, match="no size fits"):
        _painted(job, brush, memory=_held() + 2**20)
    with pytest.raises(OutOfMemory, match=r"take size \d+ or less") as caught:
        _painted(replace(job, options=Instant(size=4000, style_scale=(0.1,))), brush, memory=_held() + 400 * 2**20)
    assert 32 <= caught.value.fitting_size < 4000


def test_nothing_is_started_from(job, tmp_path):
    with pytest.raises(InputError, match="starts from nothing"):
        commission(OPTIONS, start=tmp_path / "start.png", content=job.content, output=job.output)
