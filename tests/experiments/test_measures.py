"""What is measured of pictures."""

from __future__ import annotations

import math

import pytest
import torch

from brushwork.experiments.measures import (
    brightness,
    chroma_distance,
    contrast,
    correlation,
    detail_correlation,
    effective_frequencies,
    grain_size,
    marginal_distance,
    psnr,
    randomize_phases,
    rms_distance,
    spectrum_distance,
    structural_similarity,
)
from brushwork.images import resize
from brushwork.images.geometry import Size
from tolerances import DOUBLE, SINGLE, rounding


def test_psnr_of_a_known_error() -> None:
    picture = torch.full((1, 3, 16, 16), 0.5)
    assert psnr(picture + 0.1, picture) == pytest.approx(20.0, abs=100 * SINGLE)
    assert psnr(picture, picture) == math.inf


def test_distance_is_the_root_of_the_mean_square() -> None:
    picture = torch.rand(1, 3, 16, 16) / 2
    assert rms_distance(picture + 0.25, picture) == pytest.approx(0.25, abs=SINGLE)


def test_coarser_noise_has_larger_grain() -> None:
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    sizes = [grain_size(resize(noise, Size(side, side), clamp=True)[..., :64, :64]) for side in (64, 128, 256)]
    assert sizes[0] < sizes[1] < sizes[2]
    assert sizes[1] == pytest.approx(2 * sizes[0], rel=0.35)


def test_chroma_distance_sees_color_and_not_light() -> None:
    dice = torch.Generator().manual_seed(0)
    gray = torch.rand(1, 1, 32, 32, generator=dice).expand(1, 3, 32, 32)
    assert chroma_distance(gray, gray * 0.5) == 0
    red = torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    assert chroma_distance(red, gray) == pytest.approx(1.0, abs=SINGLE)


def test_correlation_sees_the_arrangement_and_not_the_light() -> None:
    picture = _noise(0)
    assert correlation(picture, picture * 0.3 + 0.2) == pytest.approx(1.0, abs=rounding(3 * 64 * 64))
    assert correlation(picture, 1 - picture) == pytest.approx(-1.0, abs=rounding(3 * 64 * 64))
    assert abs(correlation(picture, _noise(1))) < 0.1
    assert abs(correlation(picture, torch.full((1, 3, 8, 8), 0.5))) < 0.05


def test_details_are_those_that_are_small() -> None:
    gray, coarse = (one.mean(1, keepdim=True).expand(1, 3, 64, 64) for one in (_noise(0), _wide(1)))
    assert detail_correlation(gray + coarse, gray) > 0.9 > correlation(gray + coarse, gray)
    assert abs(detail_correlation(gray + coarse, coarse)) < 0.5


def test_frequencies_are_one_in_a_wave_and_all_in_noise() -> None:
    wave = 0.5 + 0.4 * torch.sin(torch.arange(64) * 2 * math.pi / 8).expand(1, 3, 64, 64)
    assert effective_frequencies(wave) == pytest.approx(1.0, abs=0.05)
    assert effective_frequencies(torch.full((1, 3, 40, 48), 0.3)) == 1.0
    assert 1.5 < effective_frequencies(0.5 * wave + 0.5 * wave.mT[..., ::2, :].repeat(1, 1, 2, 1)) < 3
    assert 30 < effective_frequencies(_noise(0)) <= 64


def test_random_phases_keep_spectrum_and_mean_and_nothing_else() -> None:
    image = (_wide(0) > 2).double()
    other = randomize_phases(image)
    for own, found in zip(image[0], other[0], strict=True):
        powers = [torch.fft.rfft2(one).abs() for one in (own, found)]
        inner = (slice(1, 32), slice(1, 32))  # a real image has real values where frequencies are their own mirrors
        assert torch.allclose(powers[0][inner], powers[1][inner], rtol=1e-9)
        assert float(own.mean()) == pytest.approx(float(found.mean()), rel=1e-12)
    assert len(image.unique()) == 2 and len(other.unique()) > 1000  # edges are a matter of the phases
    assert torch.equal(other, randomize_phases(image)) and not torch.equal(other, randomize_phases(image, 1))


def test_structure_is_compared_at_the_size_of_the_first() -> None:
    picture = _noise(0)
    assert structural_similarity(picture, picture) == pytest.approx(1.0, abs=rounding(3 * 64 * 64))
    assert structural_similarity(picture, _noise(1, 32)) < 0.3


def test_brightness_and_contrast() -> None:
    halves = torch.cat([torch.zeros(1, 3, 8, 4), torch.ones(1, 3, 8, 4)], -1)
    assert brightness(halves) == pytest.approx(0.5, abs=1e-3)
    assert contrast(halves) == pytest.approx(0.5, abs=0.01)


def _wide(seed: int) -> torch.Tensor:
    """Noise of long waves."""
    return 4 * resize(_noise(seed, 4), Size(64, 64))


def _noise(seed: int, side: int = 64) -> torch.Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


def test_spectra_do_not_see_where_things_are() -> None:
    assert spectrum_distance(_noise(0), _noise(0)) == 0
    coarse = resize(_noise(1, 16), Size(64, 64), clamp=True)
    assert spectrum_distance(_noise(0), _noise(1)) < 0.2 < 1 < spectrum_distance(_noise(0), coarse)


def test_twice_the_contrast_is_four_times_the_power() -> None:
    gray = 0.5 + (_noise(0)[:, :1].expand(1, 3, 64, 64) - 0.5) / 2
    weaker = 0.5 + (gray - 0.5) / 2
    assert spectrum_distance(weaker, gray) == pytest.approx(math.log10(4), abs=1e-3)


def test_flat_pictures_have_a_spectrum_too() -> None:
    assert math.isfinite(spectrum_distance(torch.full((1, 3, 32, 40), 0.5), _noise(0)))


def test_quantiles_are_those_of_torch() -> None:
    one, other = torch.rand(2, 3, 1, 1001, dtype=torch.float64)
    shares = torch.linspace(0, 1, 64, dtype=torch.float64)
    first, second = (values.flatten(1).quantile(shares, dim=1) for values in (one, other))
    found = marginal_distance(one[None], other[None], quantiles=64)
    assert found == pytest.approx(float((first - second).abs().mean()), abs=DOUBLE)


def test_marginals_of_large_image_images_are_compared() -> None:
    large_image = torch.zeros(1, 3, 1, 1).expand(1, 3, 4100, 4100)  # above 2²⁴ pixels
    assert marginal_distance(large_image, torch.ones(1, 3, 8, 8)) == 1


def test_marginals_do_not_see_where_things_are() -> None:
    picture = _noise(0)
    assert marginal_distance(picture, picture.flip(-1)) == pytest.approx(0, abs=SINGLE)
    assert marginal_distance(picture * 0.5 + 0.25, picture * 0.5) == pytest.approx(0.25, abs=SINGLE)
    assert marginal_distance(torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 9, 9)) == 1
