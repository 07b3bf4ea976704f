"""Measures of an experiment's images."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from brushwork.images import Size, luma, resize
from brushwork.images.color_transfer import exact
from brushwork.metrics import image_similarity
from brushwork.recipes import Progress
from brushwork.types import Image

HALF = 0.5
"""Autocorrelation that defines the grain size."""
SMALLEST_POWER = 1e-8
"""Lower bound of the power in a spectrum, far below rounding to 8 bits; it keeps the logarithm of flat images
finite."""


def psnr(result: Image, truth: Image) -> float:
    """Return the peak signal-to-noise ratio in dB, with white at 1; the reference is resized to the result."""
    return image_similarity.psnr(result, resize(truth, Size.of(result), clamp=True))


def grain_size(image: Image) -> float:
    """Return the lag in pixels at which the luma's autocorrelation falls to one half, averaged over directions.

    The autocorrelation is the inverse transform of the power spectrum (Wiener–Khinchin).
    """
    light = luma(image)[0]
    light = light - light.mean()
    power = torch.fft.rfft2(light).abs().square()
    correlation = torch.fft.irfft2(power, s=light.shape[-2:])[0]
    profile = torch.stack([correlation[0, : min(light.shape[-2:]) // 2], correlation[: min(light.shape[-2:]) // 2, 0]])
    return _half_width((profile.mean(0) / correlation[0, 0].clamp_min(1e-12)).tolist())


def rms_distance(one: Image, other: Image) -> float:
    """Return the root mean squared difference of two images, 0 to 1; the second is resized to the first."""
    return float((one - resize(other, Size.of(one), clamp=True)).square().mean().sqrt())


def correlation(one: Image, other: Image) -> float:
    """Return Pearson's correlation of the lumas of two images, −1 to 1: whether light and dark are arranged alike.

    The second image is resized to the first; a flat image correlates with nothing.
    """
    return _correlation(*(luma(image) for image in (one, resize(other, Size.of(one), clamp=True))))


def detail_correlation(one: Image, other: Image) -> float:
    """Return the correlation of details below a sixteenth of the long side: whether strokes are in the same place."""
    side = max(Size.of(one)) // 32 * 2 + 1
    lights = (luma(image) for image in (one, resize(other, Size.of(one), clamp=True)))
    return _correlation(*(light - avg_pool2d(light, side, 1, side // 2, count_include_pad=False) for light in lights))


def structural_similarity(one: Image, other: Image) -> float:
    """Return the SSIM, −1 to 1; the second image is resized to the first."""
    return image_similarity.ssim(one, resize(other, Size.of(one), clamp=True))


def chroma_distance(one: Image, other: Image) -> float:
    """Return the Hellinger distance of the chroma histograms in Oklab: 0 for equal colors, 1 for none in common."""
    return image_similarity.chroma_distance(one, other)


def spectrum_distance(one: Image, other: Image, rings: int = 24) -> float:
    """Return the RMS difference, in powers of ten, between two power spectra averaged over rings of equal frequency.

    The spectra are those of the luma about its mean, with a Hann window; the second image is resized to the first.
    """
    return float(
        (_spectrum(one, rings) - _spectrum(resize(other, Size.of(one), clamp=True), rings)).square().mean().sqrt()
    )


def effective_frequencies(image: Image, rings: int = 64) -> float:
    """Return the effective number of spatial frequencies: exp of the entropy of the power in frequency rings.

    The power is that of the luma about its mean. One wavelength or a flat image gives 1, white noise about half of the
    `rings`.
    """
    light = exact(luma(image)[0, 0])
    power = torch.fft.fft2(light - light.mean()).abs().square()
    across, down = torch.meshgrid(*(torch.fft.fftfreq(side) for side in light.shape), indexing="ij")
    ring = (torch.hypot(across, down) * 2 * rings).long().clamp_max(rings - 1).flatten()
    sums = torch.zeros(rings, dtype=power.dtype).index_add(0, ring, power.flatten())
    if float(sums.sum()) <= SMALLEST_POWER * light.numel():
        return 1.0
    return float(torch.special.entr(sums / sums.sum()).sum().exp())


def randomize_phases(image: Image, seed: int = 0) -> Image:
    """Return an image with the same power spectrum in each channel, but the phases of noise.

    All channels get the same random phases, which also keeps their correlations. Values may lie outside 0 to 1.
    """
    noise = torch.randn(Size.of(image), generator=torch.Generator().manual_seed(seed)).to(image)
    turned = torch.exp(1j * torch.fft.rfft2(noise).angle())
    turned[0, 0] = 1  # the mean
    randomized: Image = torch.fft.irfft2(torch.fft.rfft2(image) * turned, s=Size.of(image))
    return randomized


def marginal_distance(one: Image, other: Image, quantiles: int = 256) -> float:
    """Return the mean Wasserstein-1 distance of the channels' values: 0 if equal, 1 for black and white."""
    shares = np.linspace(0, 1, quantiles)
    # torch's quantile accepts at most 2²⁴ values
    first, second = (np.quantile(image[0].flatten(1).cpu().numpy(), shares, axis=1) for image in (one, other))
    return float(np.abs(first - second).mean())


def brightness(image: Image) -> float:
    """Return the mean luma, 0 to 1."""
    return float(luma(image).mean())


def contrast(image: Image) -> float:
    """Return the standard deviation of the luma, 0 to 0.5."""
    return float(luma(image).std())


def sum_losses(progress: Progress, prefix: str) -> float:
    """Return the sum of the weighted losses whose names have a prefix."""
    return sum(float(value) for name, value in progress.step.losses.terms.items() if name.startswith(prefix))


def _correlation(one: Tensor, other: Tensor) -> float:
    first, second = (values.flatten() - values.mean() for values in (one, other))
    return float(first @ second / (first.norm() * second.norm()).clamp_min(1e-12))


def _spectrum(image: Image, rings: int) -> torch.Tensor:
    """Return log10 of the mean power in each ring, from the lowest frequencies to half a cycle per pixel."""
    light = exact(luma(image)[0, 0])
    height, width = light.shape
    window = torch.outer(*(torch.hann_window(side, periodic=False, dtype=torch.float64) for side in (height, width)))
    power = torch.fft.fft2((light - light.mean()) * window).abs().square() / window.square().sum()
    across, down = torch.meshgrid(torch.fft.fftfreq(height), torch.fft.fftfreq(width), indexing="ij")
    ring = (torch.hypot(across, down) * 2 * rings).long()
    inside = ring < rings
    sums = torch.zeros(rings, dtype=torch.float64).index_add(0, ring[inside], power[inside])
    counts = torch.bincount(ring[inside], minlength=rings).clamp_min(1)
    return (sums / counts + SMALLEST_POWER).log10()


def _half_width(profile: list[float]) -> float:
    """Return the interpolated position where a falling profile crosses one half; its length if it does not."""
    for place, (here, there) in enumerate(itertools.pairwise(profile)):
        if there < HALF:
            return place + (here - HALF) / (here - there)
    return float(len(profile))
