"""Films as PNG files, numbered from 1."""

from __future__ import annotations

from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image as PillowImage

from brushwork.errors import InputError
from brushwork.video import FrameDone, run_film
from tiny_films import STILL, film_job, panned, tiny_stylizer, write_clip


def copied(clip, output, **changes):
    """The events of a film that is painted with strength 0."""
    return run_film(film_job(clip, output, 0.0, film=STILL, **changes), network=tiny_stylizer())


def test_every_frame_is_a_file(tmp_path):
    clip = write_clip(tmp_path / "in.mkv", panned(5), codec="ffv1", pixel_format="bgr0", seconds_of_sound=0.3)
    (tmp_path / "out").mkdir()
    *_, done = copied(clip, tmp_path / "out" / "a%03d.png")
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [f"a{n:03}.png" for n in range(1, 6)]
    for number, frame in enumerate(panned(5), start=1):
        with PillowImage.open(tmp_path / "out" / f"a{number:03}.png") as shown:
            assert np.array_equal(np.asarray(shown), frame)
    assert any("sound is left out" in note for note in done.notes)


def test_more_than_eight_bits_are_kept(tmp_path):
    deep = [frame.astype(np.uint16) * 257 + 5 for frame in panned(2)]
    clip = write_clip(tmp_path / "in.mkv", deep, codec="ffv1", pixel_format="gbrp16le")
    list(copied(clip, tmp_path / "%d.png"))
    with av.open(str(tmp_path / "2.png")) as shown:
        levels = next(shown.decode(video=0)).reformat(format="rgb48le").to_ndarray().astype(int)
    assert np.abs(levels - deep[1]).max() < 65535 / 1023 / 2  # half a level of 10 bits: swscale rounds on the way


def test_pictures_that_are_there_are_kept_unless_forced(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(3))
    for number in (2, 9):
        (tmp_path / f"{number}.png").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"2.png already exists"):
        list(copied(clip, tmp_path / "%d.png"))
    assert (tmp_path / "2.png").read_bytes() == b"mine" and not list(tmp_path.glob("*.unfinished"))
    *_, done = copied(clip, tmp_path / "%d.png", overwrite=True)
    assert (tmp_path / "9.png").read_bytes() == b"mine" and (tmp_path / "2.png").read_bytes() != b"mine"
    assert any(note.startswith("1 files of") for note in done.notes)


def test_a_broken_run_goes_on(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(3))
    events = copied(clip, tmp_path / "%d.png")
    next(event for event in events if isinstance(event, FrameDone))
    events.close()
    job = film_job(clip, tmp_path / "%d.png", 0.0, film=STILL)
    seen = list(run_film(job, resume=True, network=tiny_stylizer()))
    assert sum(isinstance(event, FrameDone) for event in seen) == 2 and len(job.outputs) == 3
    (done,) = run_film(job, resume=True, network=tiny_stylizer())
    assert "finished already" in done.notes[0] and done.frames == 3
    with pytest.raises(InputError, match=r"another film \(strength"):
        next(run_film(film_job(clip, tmp_path / "%d.png", 0.5, film=STILL), resume=True, network=tiny_stylizer()))


def test_names_that_are_none_are_refused(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(2))
    with pytest.raises(InputError, match=r"one\.png names one picture"):
        list(copied(clip, tmp_path / "one.png"))
    with pytest.raises(InputError, match=r"%d\.mp4 names films"):
        list(copied(clip, tmp_path / "%d.mp4"))
    folder = tmp_path / "in"
    folder.mkdir()
    PillowImage.new("RGB", (40, 40)).save(folder / "1.png")
    for source in (folder, folder / "%d.png"):
        with pytest.raises(InputError, match="write to another folder"):
            list(copied(source, folder / "a%d.png"))


@pytest.mark.parametrize("made_of_pictures", ["clip", "mask"])
def test_pictures_are_resumed_at_the_rate_that_they_were_begun_at(tmp_path, made_of_pictures):
    clip = write_clip(tmp_path / "in.mp4", panned(3))
    (tmp_path / "pictures").mkdir()
    list(copied(clip, tmp_path / "pictures" / "%d.png"))
    if made_of_pictures == "clip":
        job = film_job(tmp_path / "pictures", tmp_path / "out.mp4", 0.0, film=STILL, rate=12.0)
    else:
        job = film_job(clip, tmp_path / "out.mp4", 0.0, film=STILL, rate=12.0, masks=(tmp_path / "pictures",))
    events = run_film(job, network=tiny_stylizer())
    next(event for event in events if isinstance(event, FrameDone))
    events.close()
    with pytest.raises(InputError, match=r"another film \(rate: 10.0 here, 12.0 there"):
        list(run_film(replace(job, rate=10.0), resume=True, network=tiny_stylizer()))
    assert list(run_film(job, resume=True, network=tiny_stylizer()))[-1].frames == 3


def test_the_rate_of_pictures_is_none_of_a_film(tmp_path):
    job = film_job(write_clip(tmp_path / "in.mp4", panned(3)), tmp_path / "out.mp4", 0.0, film=STILL)
    events = run_film(job, network=tiny_stylizer())
    next(event for event in events if isinstance(event, FrameDone))
    events.close()
    assert list(run_film(replace(job, rate=12.0), resume=True, network=tiny_stylizer()))[-1].frames == 3
