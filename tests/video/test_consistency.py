"""What keeps frames together: fixed statistics, the aligned grid, the temporal filter."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.fixed_statistics import average_statistics, make_frame_stylizer
from brushwork.feedforward.networks.configs import STYLIZING, SuperResolutionConfig
from brushwork.images import Size
from brushwork.video.clip_file import open_clip
from brushwork.video.events import FrameDone
from brushwork.video.grid_alignment import on_aligned_grid
from brushwork.video.options import FilmOptions
from brushwork.video.run import run_film
from tiny_films import STILL, film_job, panned, texture, tiny_stylizer, write_clip


def painted(tmp_path, frames, film: FilmOptions) -> list[torch.Tensor]:
    """The frames as they are kept."""
    clip = write_clip(tmp_path / "in.mkv", frames, codec="ffv1", pixel_format="bgr0")
    job = film_job(clip, tmp_path / "out.mp4", film=film, overwrite=True)
    return [event.image for event in run_film(job, network=tiny_stylizer()) if isinstance(event, FrameDone)]


def change(images: list[torch.Tensor], step: int = 0) -> float:
    """Mean square from each frame to the next, which is `step` pixels further; borders are left out."""
    inner = [one[..., 16:-16, 16:-16] for one in images]
    width = inner[0].shape[-1]
    pairs = pairwise(inner)
    return float(np.mean([(a[..., step:] - b[..., : width - step]).square().mean() for a, b in pairs]))


def test_one_frame_with_its_own_statistics_is_as_the_model_paints_it():
    stylizer = tiny_stylizer()
    frame = torch.rand(1, 3, 48, 64)
    frames = make_frame_stylizer(stylizer, (), Size(48, 64))
    whole = stylizer.function(frame).clamp(0, 1)
    statistics = frames.measure(frame)
    assert torch.allclose(frames.stylize(frame, statistics), whole, atol=1e-5)
    assert torch.equal(frames.stylize(frame, ()), whole)
    mean = average_statistics([statistics, statistics])
    assert all(torch.allclose(a.variance, b.variance) for a, b in zip(mean, statistics, strict=True))


def test_fixed_statistics_do_not_follow_what_enters_the_picture(tmp_path):
    """A bright object enters a still picture: far from it, nothing changes."""
    frames = [texture(48, 96) for _ in range(4)]
    for number in (2, 3):
        frames[number][:, :24] = 255
    own = painted(tmp_path, frames, replace(STILL, statistics="frame"))
    fixed = painted(tmp_path, frames, STILL)
    far = slice(80, 96)  # beyond the receptive field
    assert (own[2] - own[1])[..., far].abs().max() > 0.02
    assert (fixed[2] - fixed[1])[..., far].abs().max() < 1.5 / 255
    window = painted(tmp_path, frames, replace(STILL, statistics="window"))
    assert len(window) == 4


def test_a_still_film_stays_still(tmp_path):
    images = painted(tmp_path, [texture(48, 64)] * 4, FilmOptions())
    assert all(torch.equal(images[0], one) for one in images)


def test_film_noise_is_not_amplified(tmp_path):
    generator = np.random.default_rng(1)
    still = texture(48, 64).astype(np.int16)
    noisy = [np.clip(still + generator.normal(0, 2, still.shape), 0, 255).astype(np.uint8) for _ in range(6)]
    own = painted(tmp_path, noisy, STILL)
    kept = painted(tmp_path, noisy, FilmOptions())
    assert change(kept[2:]) <= 0.3**2 * change(own[2:])
    assert abs(float(kept[-1].mean() - kept[0].mean())) < 0.5 / 255


@pytest.mark.parametrize(("step", "limit"), [(2, 0.05), (3, 0.05)])
def test_the_grid_follows_a_pan_by_whole_pixels(tmp_path, step, limit):
    """Without borders in sight, the same texture comes out, moved."""
    frames = panned(5, step, 96, 160)
    swimming = painted(tmp_path, frames, STILL)
    aligned = painted(tmp_path, frames, replace(STILL, align=True))
    assert change(aligned, step) <= limit * change(swimming, step)


@pytest.mark.parametrize("scales", [5, 7])
def test_frames_may_be_smaller_than_a_position_of_the_network(tmp_path, scales):
    """A position of the coarsest scale covers 64 pixels of 7 scales, and the frames are of 48×64."""
    clip = write_clip(tmp_path / "in.mkv", panned(2), codec="ffv1", pixel_format="bgr0")
    network = tiny_stylizer(replace(STYLIZING, scales=scales, width=2))
    events = run_film(film_job(clip, tmp_path / "out.mp4"), network=network)
    assert sum(isinstance(event, FrameDone) for event in events) == 2


def test_the_grid_is_padded_by_reflection_again_and_again():
    """What is padded with the frame, whatever its stride, is the same as by numpy."""
    frame = torch.rand(1, 1, 5, 7)
    seen = []
    on_aligned_grid(lambda padded: seen.append(padded) or padded, frame, torch.tensor([-3.0, -20.0]), 64)
    assert np.array_equal(seen[0][0, 0], np.pad(frame[0, 0], ((20, 44), (3, 61)), mode="reflect"))


def test_models_that_enlarge_are_refused_before_a_frame_is_painted(tmp_path):
    job = film_job(write_clip(tmp_path / "in.mp4", panned(2)), tmp_path / "out.mp4")
    with pytest.raises(InputError, match="tiny enlarges pictures"):
        next(run_film(job, network=tiny_stylizer(SuperResolutionConfig(factor=2, width=4, blocks=1))))
    assert not job.workspace.exists()


def test_more_consistency_changes_less(tmp_path):
    frames = panned(6, 1, 64, 96)
    changes = [
        change(painted(tmp_path, frames, replace(STILL, consistency=consistency)), 1) for consistency in (0.0, 0.5, 1.0)
    ]
    assert changes[0] > changes[1] > changes[2]


def test_at_a_cut_everything_begins_anew(tmp_path):
    """The second shot is painted as if it were a film of its own."""
    other = [(one * np.array([0.2, 1.0, 0.4])).astype(np.uint8) for one in panned(6, 3)]
    both = painted(tmp_path, [*panned(6), *other], FilmOptions())
    alone = painted(tmp_path, other, FilmOptions())
    assert all(torch.equal(one, two) for one, two in zip(both[6:], alone, strict=True))


def test_strength_zero_gives_the_film(tmp_path):
    clip = write_clip(tmp_path / "in.mkv", panned(3), codec="ffv1", pixel_format="bgr0")
    job = film_job(clip, tmp_path / "out.mkv", 0.0, film=STILL, codec="ffv1")
    list(run_film(job, network=tiny_stylizer()))
    both = zip(open_clip(job.output).frames(), panned(3), strict=True)
    assert all(np.array_equal(one.levels, other) for one, other in both)
