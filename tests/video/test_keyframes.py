"""Key frames: every N-th, the last of a shot, and those that cannot be carried from their neighbors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.images import write_image
from brushwork.recipes import TransferOptions
from brushwork.video import FilmOptions, OptimizedFilmOptions, painters, plan_film
from brushwork.video.analysis import FilmAnalysis, Shot, analyze_whole
from brushwork.video.keyframe_schedule import choose_keyframes, with_keyframes
from brushwork.video.preparation import prepare_film
from tiny_films import film_job, panned, with_a_visitor, write_clip
from tiny_network import CONTENT, STYLE, picture, tiny_network

OPTIONS = TransferOptions(size="full", min_size=0, content_layers=CONTENT, style_layers=STYLE, normalization="relative")


def test_key_frames_are_every_nth_and_the_last_of_a_shot():
    def certain(before, after):
        return [0.0] * (after - before - 1)

    assert list(choose_keyframes(Shot(0, 10), 8, certain)) == [0, 8, 9]
    assert list(choose_keyframes(Shot(10, 27), 8, certain)) == [10, 18, 26]
    assert list(choose_keyframes(Shot(3, 4), 8, certain)) == [3]


def test_the_worst_frame_between_two_becomes_a_key_frame_until_none_is_too_bad():
    """Each frame is uncertain by its distance from the nearest key frame, but those from 20 on, which are all alike."""

    def far(before, after):
        return [0.05 * min(one - before, after - one) for one in range(before + 1, after)]

    def never(before, after):
        return [1.0] * (after - before - 1)

    assert list(choose_keyframes(Shot(0, 10), 8, far)) == [0, 2, 4, 6, 8, 9]  # 2 frames away are 0.10
    assert list(choose_keyframes(Shot(20, 28), 8, never)) == list(range(20, 28))


STILL = panned(1) * 9


@pytest.fixture
def make_job(tmp_path, monkeypatch):
    """Returns a job with a key frame in eight for a film of frames."""
    monkeypatch.setattr(painters, "_fill", lambda *_: None)
    write_image(picture(2, 40, 40), tmp_path / "painting.png")

    def make(frames):
        clip = write_clip(tmp_path / "in.mkv", frames, codec="ffv1", pixel_format="bgr0")
        job = film_job(clip, tmp_path / "out.mp4", method=OPTIONS, styles=(tmp_path / "painting.png",))
        return replace(job, optimized=OptimizedFilmOptions(keyframes=8))

    return make


def keys(job) -> list[int]:
    """The key frames of a job."""
    film = prepare_film(job, resume=False, network=tiny_network())
    return list(with_keyframes(film, analyze_whole(film.clip, job.selection)).keyframes)


def test_what_is_seen_between_two_key_frames_only_is_one(make_job):
    assert keys(make_job(STILL)) == [0, 8]
    assert keys(make_job(with_a_visitor(STILL, 5, 6, 7, 8))) == [0, 8]  # 8 shows what came at 5
    visited = make_job(with_a_visitor(STILL, 5))
    assert keys(visited) == [0, 5, 8]
    assert plan_film(visited, network=tiny_network()).keyframes == 3


def test_without_flow_all_are_key_frames(make_job):
    job = make_job(STILL[:5])
    assert keys(replace(job, film=FilmOptions(flow="none"))) == list(range(5))
    assert keys(replace(job, optimized=OptimizedFilmOptions())) == []


def test_key_frames_are_kept_with_the_analysis():
    analysis = FilmAnalysis(1, (), (), keyframes=(0, 3, 8))
    assert FilmAnalysis.from_json(analysis.to_json()).keyframes == (0, 3, 8)
