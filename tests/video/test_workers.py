"""Shots that several processes paint: the same film, byte for byte."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from itertools import chain, zip_longest

import numpy as np
import pytest
import torch

from brushwork.errors import InputError, OutOfMemoryError
from brushwork.feedforward.model import save_model
from brushwork.feedforward.options import ModelOptions
from brushwork.images import write_image
from brushwork.recipes import TransferOptions
from brushwork.video import FilmFinished, FilmOptions, FrameDone, OptimizedFilmOptions, PassFrame, ShotDone, run_film
from brushwork.video.preparation import prepare_film
from brushwork.video.shot_painting import ShotPainting
from tiny_films import film_job, panned, tiny_stylizer, write_clip
from tiny_network import CONTENT, STYLE, picture, tiny_network

SHOTS = (3, 5, 4)
COLORS = ((1.0, 1.0, 1.0), (0.2, 1.0, 0.4), (1.0, 0.3, 0.2))


@pytest.fixture
def job(tmp_path):
    """A film of three shots, to be painted by a model."""
    frames = [
        (one * np.array(color)).astype(np.uint8)
        for count, color in zip(SHOTS, COLORS, strict=True)
        for one in panned(count)
    ]
    (tmp_path / "cuts.txt").write_text("3\n8\n")
    clip = write_clip(tmp_path / "in.mp4", frames, seconds_of_sound=1.0)
    save_model(tiny_stylizer().model, tmp_path / "tiny.safetensors")
    method = ModelOptions(model=str(tmp_path / "tiny.safetensors"), size="full")
    return film_job(clip, tmp_path / "out.mp4", film=FilmOptions(cuts=str(tmp_path / "cuts.txt")), method=method)


def spread_here(count, requested_pieces, task, pieces, device):
    """Do the pieces in this process, as another one would that was sent them."""
    requested_pieces.append((count, list(pieces)))
    for piece in pieces:
        yield piece, pickle.loads(pickle.dumps(task))(piece, torch.get_num_threads())


@pytest.fixture
def requested_pieces(monkeypatch):
    """What executors were called with, in this process."""
    found: list = []
    monkeypatch.setattr(
        "brushwork.video.run.pick_executor",
        lambda count, engine: partial(spread_here, count, found) if count > 1 else None,
    )
    return found


def test_shots_that_workers_paint_are_the_same_film(job, tmp_path, requested_pieces):
    """The longest shot comes first; of a film that was begun, what is there is not painted again."""
    list(run_film(job))
    spread = replace(job, output=tmp_path / "spread.mp4")
    begun = run_film(spread)
    for _ in range(SHOTS[0] + 1):
        next(event for event in begun if isinstance(event, FrameDone))
    begun.close()
    events = list(run_film(spread, resume=True, workers=2))
    assert requested_pieces == [(2, [(3, 8), (8, 12)])]
    assert [(one.number, one.painted, one.frames) for one in events if isinstance(one, ShotDone)] == [
        (2, 4, 5),
        (3, 4, 4),
    ]
    assert isinstance(events[-1], FilmFinished) and spread.output.read_bytes() == job.output.read_bytes()
    assert not spread.workspace.exists()


@pytest.mark.slow
def test_processes_paint_shots(job, tmp_path):
    list(run_film(job))
    spread = replace(job, output=tmp_path / "spread.mp4")
    list(run_film(spread, workers=2))
    assert spread.output.read_bytes() == job.output.read_bytes()


def paint_by_turns(job, make_network, first):
    """Begin a film up to its first event of a kind, then paint a frame of each shot in turn; return its folder."""
    begun = run_film(job, network=make_network())
    next(event for event in begun if isinstance(event, first))
    begun.close()
    film = prepare_film(job, resume=True, network=make_network())
    analysis = film.workspace.read_analysis()
    list(chain(*zip_longest(*(ShotPainting(film, analysis).paint(shot) for shot in analysis.shots))))
    return film.workspace.folder


@pytest.mark.slow
def test_shots_that_are_painted_at_once_keep_their_own_passes(job, tmp_path):
    """Two painters take turns after every frame, as processes may."""
    write_image(picture(2, 40, 40), tmp_path / "painting.png")
    method = TransferOptions(
        size="full", min_size=0, content_layers=CONTENT, style_layers=STYLE, normalization="relative", history=5
    )
    optimized = OptimizedFilmOptions(first=2, later=1, passes=2)
    job = replace(job, method=method, styles=(tmp_path / "painting.png",), optimized=optimized)
    list(run_film(job, network=tiny_network()))
    spread = replace(job, output=tmp_path / "spread.mp4")
    assert not list(paint_by_turns(spread, tiny_network, PassFrame).glob("frames/*"))
    list(run_film(spread, resume=True, network=tiny_network()))
    assert spread.output.read_bytes() == job.output.read_bytes()


def test_a_shot_that_ends_leaves_the_frames_of_the_one_before(job, tmp_path):
    """Two painters take turns: the last shot is closed when the last frame of the one before is not encoded yet."""
    list(run_film(job, network=tiny_stylizer()))
    spread = replace(job, output=tmp_path / "spread.mp4")
    paint_by_turns(spread, tiny_stylizer, FrameDone)
    list(run_film(spread, resume=True, network=tiny_stylizer()))
    assert spread.output.read_bytes() == job.output.read_bytes()


def test_workers_need_memory_each(job, requested_pieces):
    with pytest.raises(OutOfMemoryError):
        list(run_film(job, workers=1000, memory=10**8))
    with pytest.raises(InputError, match="workers is 0"):
        list(run_film(job, workers=0))


def test_paths_are_absolute_for_processes_elsewhere(job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    relative = replace(
        job,
        clip=job.clip.relative_to(tmp_path),
        output=job.output.relative_to(tmp_path),
        film=replace(job.film, cuts="cuts.txt"),
    )
    assert relative.with_absolute_paths() == job
