from __future__ import annotations

import pytest
import torch

from brushwork.feedforward.networks.mgan import brown_noise
from brushwork.images.geometry import Size


def noise(height=128, width=192, seed=0):
    return brown_noise(Size(height, width), torch.Generator().manual_seed(seed))


def test_along_a_line_power_falls_with_the_square_of_the_frequency():
    power = torch.stack([torch.fft.rfft(noise(256, 256, seed)).abs().square().mean((0, 1, 2)) for seed in range(8)])
    octaves = torch.stack([power.mean(0)[lowest : 2 * lowest].mean() for lowest in (2, 4, 8, 16)]).log2()
    assert float((octaves[-1] - octaves[0]) / 3) == pytest.approx(-2, abs=0.5)


def test_it_is_about_gray_within_the_range_and_of_a_photographs_contrast():
    picture = noise()
    assert picture.shape == (1, 3, 128, 192)
    assert picture.min() >= 0 and picture.max() <= 1
    assert picture.mean() == pytest.approx(0.5, abs=0.02) and picture.std() == pytest.approx(0.2, abs=0.03)


def test_it_hangs_on_the_generator_alone():
    assert torch.equal(noise(seed=3), noise(seed=3)) and not torch.equal(noise(seed=3), noise(seed=4))
