"""Cuts are found, and flashes, fades and pans are none."""

from __future__ import annotations

import numpy as np
import pytest

from brushwork.video.cut_detection import find_cuts
from tiny_films import panned, texture

TINT = np.array([0.2, 1.0, 0.4])


def tinted(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Another scene: other colors."""
    return [(one * TINT).astype(np.uint8) for one in frames]


def test_a_cut_is_found_where_it_is():
    assert list(find_cuts([*panned(12), *tinted(panned(12))])) == [12]
    assert list(find_cuts([*panned(8), *tinted(panned(9)), *panned(8, 3)])) == [8, 17]


def test_a_cut_between_scenes_of_like_colors_is_found_by_the_flow():
    dark = [(texture(48, 64, seed) // 4) for seed in (1, 2)]
    light = [255 - texture(48, 64, seed) // 4 for seed in (1, 2)]
    assert list(find_cuts([dark[0]] * 8 + [light[1]] * 8)) == [8]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_flash_is_no_cut(length):
    frames = panned(16)
    for number in range(8, 8 + length):
        frames[number] = np.full_like(frames[number], 250)
    assert not list(find_cuts(frames))


def test_a_fade_is_no_cut():
    frames = panned(24, 1)
    faded = [(one * (1 - min(1.0, number / 16))).astype(np.uint8) for number, one in enumerate(frames)]
    assert not list(find_cuts(faded))


def test_a_whip_pan_is_no_cut():
    assert not list(find_cuts(panned(12, 12)))


def test_noise_and_shots_too_short_are_none():
    generator = np.random.default_rng(1)
    still = texture(48, 64).astype(np.int16)
    noisy = [np.clip(still + generator.normal(0, 6, still.shape), 0, 255).astype(np.uint8) for _ in range(12)]
    assert not list(find_cuts(noisy))
    assert list(find_cuts([*panned(3), *tinted(panned(12))])) == []
    assert not list(find_cuts(panned(1)))


def moved(
    seed: int, tint: tuple[float, float, float], steps: list[int], dark_from: int | None = None
) -> list[np.ndarray]:
    """A texture that moves to the left by so many pixels from frame to frame; half as light from some column on."""
    whole = (texture(48, 64 + sum(steps), seed, (8, 16)) * np.array(tint)).astype(np.uint8)
    if dark_from is not None:
        whole[:, dark_from:] //= 2
    return [np.ascontiguousarray(whole[:, sum(steps[:n]) : sum(steps[:n]) + 64]) for n in range(len(steps) + 1)]


@pytest.mark.parametrize("tint", [(0.6, 0.5, 0.4), (0.4, 0.6, 0.6)])
def test_a_cut_between_scenes_of_colors_not_far_apart_is_found(tint):
    """The colors differ less than they do at most cuts, but much more than from frame to frame, and nothing moved."""
    assert list(find_cuts([*moved(1, (0.6, 0.6, 0.6), [1] * 11), *moved(9, tint, [1] * 11)])) == [12]


def test_a_cut_between_scenes_of_nearly_equal_colors_is_found_where_little_moves():
    assert list(find_cuts([*moved(1, (0.6, 0.6, 0.6), [2] * 11), *moved(9, (0.6, 0.55, 0.5), [1] * 11)])) == [12]


@pytest.mark.parametrize("step", [6, 8, 10])
def test_what_suddenly_moves_fast_is_no_cut(step):
    """The difference stands out far, but the flow follows, and the colors stay."""
    assert not list(find_cuts(moved(3, (1, 1, 1), [1] * 10 + [step] * 11)))


def test_what_suddenly_moves_fast_past_something_dark_is_no_cut():
    """The colors differ and the flow does not follow, but after a cut the picture would be as calm as before."""
    assert not list(find_cuts(moved(2, (0.6, 0.6, 0.6), [1] * 10 + [16] * 11, dark_from=74)))
