"""Films in parts: painted apart and joined, and with few files open however many parts there are."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from weakref import ref

import av
import numpy as np
import pytest
import torch

from brushwork.images import resize, write_image
from brushwork.video import FilmFinished, FilmJob, FrameDone, FrameSelection, clip, run_film, workspace
from brushwork.video.frame_reader import KEPT
from tiny_films import film_job, panned, pictures, tiny_stylizer, write_clip
from tiny_network import picture


@pytest.fixture
def job(tmp_path):
    """A film of half a second and another one, with sound."""
    other = [(one * np.array([0.2, 1.0, 0.4])).astype(np.uint8) for one in panned(6, 3)]
    return film_job(write_clip(tmp_path / "in.mp4", [*panned(6), *other], seconds_of_sound=1.0), tmp_path / "out.mp4")


def painted(job: FilmJob) -> list[torch.Tensor]:
    """The frames as they are kept."""
    return [event.image for event in run_film(job, network=tiny_stylizer()) if isinstance(event, FrameDone)]


@pytest.mark.slow
def test_parts_that_begin_at_cuts_are_joined_to_the_whole_film(job, tmp_path):
    """No frame is lost or doubled, and the packets follow each other without being encoded again."""
    whole = painted(job)
    parts = [
        replace(job, output=tmp_path / f"{number}.mp4", selection=selection)
        for number, selection in enumerate((FrameSelection(end=0.5), FrameSelection(start=0.5)), start=1)
    ]
    frames = [frame for part in parts for frame in painted(part)]
    assert all(torch.equal(one, other) for one, other in zip(frames, whole, strict=True))
    (tmp_path / "parts.txt").write_text("file 1.mp4\nfile 2.mp4\n")
    with av.open(str(tmp_path / "parts.txt"), format="concat") as container:  # as ffmpeg -f concat -c copy
        joined = [frame.reformat(format="yuv444p") for frame in container.decode(video=0)]
    once = [one for part in parts for one in pictures(part.output)]
    both = [one.reformat(format="rgb24", src_colorspace=one.colorspace).to_ndarray() for one in joined]
    assert len(both) == 12 and all(np.array_equal(one, other) for one, other in zip(both, once, strict=True))


@contextmanager
def few_open_files(more: int) -> Iterator[None]:
    """Let this process open so many files at once beside those that it has open."""
    there = {int(one.name) for one in Path("/dev/fd").iterdir()}
    free = (number for number in range(10**6) if number not in there)
    last = [next(free) for _ in range(more)][-1]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_eight_files_are_open_at_most(job, tmp_path, monkeypatch):
    """In twelve segments, with sound and a mask: the number of files does not grow with that of the parts."""
    monkeypatch.setattr(workspace, "SEGMENT", 1)
    write_image(picture(1, 48, 64), tmp_path / "mask.png")
    with few_open_files(8):
        *_, last = run_film(replace(job, masks=(tmp_path / "mask.png",)), network=tiny_stylizer())
    assert isinstance(last, FilmFinished) and last.frames == 12


def test_no_more_frames_are_held_in_a_longer_film(tmp_path, monkeypatch):
    """In segments of four frames: of a film three times as long, as many are in memory at once."""
    monkeypatch.setattr(workspace, "SEGMENT", 4)
    read = []

    def resize_watched(*words, **named):
        image = resize(*words, **named)
        read.append(ref(image))
        return image

    def most_held(count: int) -> int:
        read.clear()
        film = write_clip(tmp_path / f"{count}.mkv", panned(count), codec="ffv1", pixel_format="bgr0")
        events = run_film(film_job(film, tmp_path / f"{count}.mp4"), network=tiny_stylizer())
        return max(sum(one() is not None for one in read) for _ in events)

    monkeypatch.setattr(clip, "resize", resize_watched)
    assert 2 <= most_held(9) == most_held(27) <= 3 * KEPT
