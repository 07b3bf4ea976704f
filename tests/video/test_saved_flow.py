"""The flow that a film takes is written, and read back: the same film."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import read_image, write_image
from brushwork.recipes import TransferOptions
from brushwork.video import FilmJob, FilmOptions, FrameDone, OptimizedFilmOptions, painters, plan_film, run_film
from tiny_films import film_job, panned, tiny_stylizer, write_clip
from tiny_network import CONTENT, STYLE, picture, tiny_network

OPTIONS = TransferOptions(size="full", min_size=0, content_layers=CONTENT, style_layers=STYLE, normalization="relative")


def painted(job: FilmJob, network) -> list[torch.Tensor]:
    """The frames as they are kept."""
    return [event.image for event in run_film(job, network=network) if isinstance(event, FrameDone)]


@pytest.fixture
def job(tmp_path):
    """A pan of four frames, whose flow is saved."""
    clip = write_clip(tmp_path / "in.mkv", panned(4), codec="ffv1", pixel_format="bgr0")
    return film_job(clip, tmp_path / "out.mp4", overwrite=True, save_flow=tmp_path / "flow")


def saved(job: FilmJob) -> set[str]:
    """Names of the files of flow."""
    return {one.name for one in job.save_flow.iterdir()}


@pytest.mark.slow
def test_a_film_in_one_pass_from_its_own_flow_is_the_same(job):
    whole = painted(job, tiny_stylizer())
    pairs = ("2_1", "3_2", "4_3")
    backs = ("1_2", "2_3", "3_4")
    names = [f"backward_{one}.flo" for one in pairs] + [f"forward_{one}.flo" for one in backs]
    assert saved(job) == {*names, *(f"reliable_{one}.png" for one in pairs)}
    trusted = read_image(job.save_flow / "reliable_3_2.png").image
    assert trusted.shape == (1, 3, 48, 64) and trusted.min() == 0 and trusted.max() == 1
    again = replace(job, film=FilmOptions(flow=str(job.save_flow)), save_flow=None)
    assert all(torch.equal(a, b) for a, b in zip(whole, painted(again, tiny_stylizer()), strict=True))


@pytest.mark.slow
def test_an_optimized_film_with_key_frames_from_its_own_flow_is_the_same(job, tmp_path, monkeypatch):
    """All pairs that key frames take are there, and what is trusted is found as was asked for."""
    monkeypatch.setattr(painters, "_fill", lambda *_: None)
    write_image(picture(2, 40, 40), tmp_path / "painting.png")
    optimized = OptimizedFilmOptions(keyframes=3, first=2, later=1, reliability="ruder")
    job = replace(job, method=OPTIONS, optimized=optimized, styles=(tmp_path / "painting.png",))
    whole = painted(job, tiny_network())
    again = replace(job, film=FilmOptions(flow=str(job.save_flow)), save_flow=None)
    assert all(torch.equal(a, b) for a, b in zip(whole, painted(again, tiny_network()), strict=True))


def test_flow_is_saved_where_there_is_none_yet(job, tmp_path):
    def refused(**changes) -> str:
        with pytest.raises(InputError) as error:
            next(run_film(replace(job, overwrite=False, **changes), network=tiny_stylizer()))
        return str(error.value)

    assert "none to save" in refused(film=FilmOptions(flow="none"))
    assert "which is a file" in refused(save_flow=job.clip)
    job.save_flow.mkdir()
    assert "in another one" in refused(film=FilmOptions(flow=str(job.save_flow)))
    (job.save_flow / "backward_2_1.flo").write_bytes(b"")
    assert "holds flow already" in refused()
    plan_film(job, network=tiny_stylizer())
    assert saved(job) == {"backward_2_1.flo"}
    assert not list(tmp_path.glob("*.unfinished"))


def test_frames_are_kept_where_nothing_is_lost(job, tmp_path):
    """Next to out.mp4, in out-frames."""
    job = replace(job, overwrite=False, keep_frames=True, save_flow=None)
    mine = tmp_path / "out-frames" / "000000.png"
    mine.parent.touch()
    with pytest.raises(InputError, match="out-frames, which is a file"):
        next(run_film(job, network=tiny_stylizer()))
    mine.parent.unlink()
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    with pytest.raises(InputError, match="is not empty: choose another output with -o, or --force"):
        next(run_film(job, network=tiny_stylizer()))
    with pytest.raises(InputError, match="is not empty"):  # there is nothing to resume
        next(run_film(job, resume=True, network=tiny_stylizer()))
    assert mine.read_bytes() == b"mine"
    painted(replace(job, overwrite=True), tiny_stylizer())
    assert len(list(mine.parent.iterdir())) == 4 and mine.read_bytes() != b"mine"


def test_a_folder_that_cannot_be_made_for_the_flow_is_reported_before_anything_is_painted(job):
    events = run_film(replace(job, save_flow=job.clip / "flow"), network=tiny_stylizer())
    with pytest.raises(InputError, match=r"cannot be created .*: choose another with --save-flow"):
        next(one for one in events if isinstance(one, FrameDone))
