"""A preview: parts of the film by several methods, side by side."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PillowImage

from brushwork import video
from brushwork.cli.main import main
from brushwork.errors import InputError, WeightsError
from brushwork.images import Size, write_image
from brushwork.jobs.events import Note
from brushwork.video import FrameDone, MethodPlan, MethodStarted, PreviewFinished, open_clip, preview, preview_film
from brushwork.video.options import FilmOptions, FrameSelection
from brushwork.video.panels import caption, in_a_grid
from tiny_films import film_job, panned, pictures, tiny_stylizer, write_clip
from tiny_network import picture


@pytest.fixture
def methods(tmp_path, monkeypatch):
    """Two methods for a film of five seconds, which gets brighter."""
    monkeypatch.setattr(preview, "_SHORT", 48)
    frames = [np.full((48, 64, 3), 4 * number, np.uint8) for number in range(60)]
    job = film_job(write_clip(tmp_path / "in.mp4", frames), tmp_path / "out.mp4", 0.0)
    return {"steady": job, "free": replace(job, film=FilmOptions(consistency=0.0))}


@pytest.mark.slow
def test_three_seconds_spread_over_the_film_in_every_method(tmp_path, methods):
    output = tmp_path / "preview.mp4"
    *events, last = preview_film(methods, output, network=tiny_stylizer())
    assert isinstance(last, PreviewFinished) and last.frames == 36
    assert [event.title for event in events if isinstance(event, MethodStarted)] == ["steady", "free"]
    assert sum(isinstance(event, FrameDone) for event in events) == 2 * 36
    assert [one.title for one in last.methods] == ["steady", "free"] and last.methods[0].seconds > 0
    assert open_clip(output).info.size == Size(2 * (48 + 40), 2 * 64 + 4)
    shown = pictures(output)
    means = [frame[10:30, 10:50].mean() for frame in shown]
    # the middle seconds of three equal parts of 59 frames: frames 4, 23 and 43 are the first ones, 4 levels each
    assert [means[number] / 4 for number in (0, 12, 24)] == pytest.approx([4, 24, 43], abs=1)
    for frame in shown:  # strength 0: without a filter, the film itself is painted
        assert frame[98:118, 10:50].mean() == pytest.approx(frame[10:30, 10:50].mean(), abs=2)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in.mp4", "preview.mp4"]
    with pytest.raises(InputError, match="write elsewhere"):
        list(preview_film(methods, output, network=tiny_stylizer()))


def test_a_preview_ends_where_the_film_does(tmp_path, methods):
    """A second of the film was asked for, of 12 frames a second."""
    job = replace(methods["free"], selection=FrameSelection(start=1.0, end=2.0))
    *_, last = preview_film({"free": job}, tmp_path / "preview.mp4", network=tiny_stylizer())
    assert last.frames == 12


@pytest.mark.parametrize(
    ("name", "muxer"), [("a.gif", "gif"), ("a.apng", "apng"), ("a.webp", "webp"), ("a.webm", "webm"), ("a.mp4", "mp4")]
)
def test_a_preview_is_what_its_ending_says(tmp_path, methods, name, muxer):
    job = replace(methods["free"], selection=FrameSelection(start=1.0, end=1.5))
    *_, last = preview_film({"free": job}, tmp_path / name, network=tiny_stylizer())
    assert last.frames == 6
    head = last.path.read_bytes()[:64]
    marks = {"gif": b"GIF89a", "apng": b"acTL", "webp": b"WEBP", "webm": b"webm", "mp4": b"ftyp"}
    assert marks[muxer] in head
    if muxer in ("gif", "apng", "webp"):
        with PillowImage.open(last.path) as shown:
            assert shown.n_frames > 1 and shown.size == (2 * 64 + 4, 48 + 40)  # WebP joins frames that are alike


def test_a_preview_may_be_pictures(tmp_path, methods):
    job = replace(methods["free"], selection=FrameSelection(start=1.0, end=1.5))
    (tmp_path / "9.png").write_bytes(b"mine")
    job = replace(job, overwrite=True)
    *events, last = preview_film({"free": job}, tmp_path / "%d.png", network=tiny_stylizer())
    assert last.frames == 6 and "files of" in [one.text for one in events if isinstance(one, Note)][-1]
    for number in range(1, 7):
        with PillowImage.open(tmp_path / f"{number}.png") as shown:
            assert shown.size == (2 * 64 + 4, 48 + 40)


def test_a_method_without_weights_is_left_out(tmp_path, methods, monkeypatch):
    real = preview.prepare_film

    def prepare(job, **rest):
        if job.film.consistency == 0:
            raise WeightsError("no weights here")
        return real(job, **rest)

    monkeypatch.setattr(preview, "prepare_film", prepare)
    *events, last = preview_film(methods, tmp_path / "preview.mp4", network=tiny_stylizer())
    assert [one.title for one in last.methods] == ["steady"]
    assert "free is left out: no weights here" in [getattr(event, "text", "") for event in events]
    with pytest.raises(WeightsError):
        list(preview_film({"free": methods["free"]}, tmp_path / "none.mp4", network=tiny_stylizer()))


def test_captions_are_cut_to_the_picture_and_sheets_are_even():
    narrow = caption(np.full((10, 31, 3), 9, np.uint8), "much too long for it")
    assert narrow.shape == (32, 31, 3) and (narrow[:10] == 9).all() and (narrow[10:] > 100).any()
    assert not narrow[10:, -4:].any()
    two = caption(np.full((10, 31, 3), 9, np.uint8), "one", "two")
    assert two.shape == (50, 31, 3) and (two[12:28] > 100).any() and (two[30:46] > 100).any()
    sheet = in_a_grid([np.full((5, 7, 3), number, np.uint8) for number in range(1, 4)])
    assert sheet.shape == (10, 18, 3) and sheet[7, 2, 0] == 3 and sheet[7, 13, 0] == 0
    assert sheet[2, 13, 0] == 2 and not sheet[:, 7:11].any()  # four columns of pixels between the pictures


def test_the_command_tries_each_way_with_its_own_flags(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    requested = {}

    def pretend(methods, output, *, memory):
        requested.update(methods)
        yield MethodStarted("--instant", 1, 3, 36)
        yield FrameDone(0, None, 0.5, 0.0)
        yield PreviewFinished(output, 36, (MethodPlan("--instant", 0.5, 75.0),))

    monkeypatch.setattr(video, "preview_film", pretend)
    write_clip(tmp_path / "clip.mp4", panned(3))
    write_image(picture(1, 40, 50), tmp_path / "painting.png")
    words = [
        "video",
        "clip.mp4",
        "painting.png",
        "--size",
        "100",
        "--later",
        "7",
        "--strength",
        "0.5",
        "--preview",
        "-q",
    ]
    assert main(words) == 0
    assert capfd.readouterr().out.splitlines() == [
        "--instant: 0.50 s a frame, 1:15 for the whole film",
        "clip+painting-preview.mp4",
    ]
    assert list(requested) == ["--instant", "--optimize --keyframes 8", "--optimize"]
    at_once, keys, every = requested.values()
    assert at_once.method.strength == 0.5 and at_once.method.size == every.method.size == 100
    assert (keys.optimized.keyframes, every.optimized.keyframes, every.optimized.later) == (8, 0, 7)
    assert main([*words, "--json", "-o", "mine.mp4", "--passes", "2", "--consistency", "0.2"]) == 0
    at_once, keys, every = requested.values()
    assert (keys.optimized.passes, every.optimized.passes) == (1, 2)
    assert (at_once.film.consistency, every.film.consistency) == (0.2, 0.5)
    document = json.loads(capfd.readouterr().out)
    assert document["path"] == "mine.mp4" and document["methods"][0]["seconds"] == 75
