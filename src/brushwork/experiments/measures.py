"""What is measured of the pictures of an experiment."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from brushwork.images import Size, luma, resize
from brushwork.metrics import image_similarity
from brushwork.recipes import Progress
from brushwork.types import Image

HALF = 0.5
"""Where an autocorrelation counts as lost."""
SMALLEST_POWER = 1e-8
"""Of a spectrum: far below what rounding to 8 bits leaves; flat pictures keep a finite logarithm."""


def psnr(result: Image, truth: Image) -> float:
    """Peak signal-to-noise ratio in dB, white being 1; the truth is resized to the result."""
    return image_similarity.psnr(result, resize(truth, Size.of(result), clamp=True))


def grain_size(image: Image) -> float:
    """Scale of structure: pixels at which the autocorrelation of the luma falls to one half, averaged over directions.

    The autocorrelation is the inverse transform of the power spectrum (Wiener–Khinchin).
    """
    light = luma(image)[0]
    light = light - light.mean()
    power = torch.fft.rfft2(light).abs().square()
    correlation = torch.fft.irfft2(power, s=light.shape[-2:])[0]
    profile = torch.stack([correlation[0, : min(light.shape[-2:]) // 2], correlation[: min(light.shape[-2:]) // 2, 0]])
    return _crossing((profile.mean(0) / correlation[0, 0].clamp_min(1e-12)).tolist())


def rms_distance(one: Image, other: Image) -> float:
    """Root mean squared difference of two pictures, 0 to 1; the second is resized to the first."""
    return float((one - resize(other, Size.of(one), clamp=True)).square().mean().sqrt())


def correlation(one: Image, other: Image) -> float:
    """Pearson's correlation of two lumas, −1 to 1: whether they show the same arrangement of light and dark.

    The second is resized to the first; a flat picture correlates with nothing.
    """
    return _correlation(*(luma(image) for image in (one, resize(other, Size.of(one), clamp=True))))


def detail_correlation(one: Image, other: Image) -> float:
    """The same of what is smaller than a sixteenth of the long side: whether strokes lie at the same places."""
    side = max(Size.of(one)) // 32 * 2 + 1
    lights = (luma(image) for image in (one, resize(other, Size.of(one), clamp=True)))
    return _correlation(*(light - avg_pool2d(light, side, 1, side // 2, count_include_pad=False) for light in lights))


def structural_similarity(one: Image, other: Image) -> float:
    """SSIM, −1 to 1; the second is resized to the first."""
    return image_similarity.ssim(one, resize(other, Size.of(one), clamp=True))


def chroma_distance(one: Image, other: Image) -> float:
    """Hellinger distance of the chroma histograms in Oklab: 0 the same colors, 1 none in common."""
    return image_similarity.chroma_distance(one, other)


def spectrum_distance(one: Image, other: Image, rings: int = 24) -> float:
    """Root mean squared difference, in powers of ten, of two power spectra averaged around rings of equal frequency.

    Of the luma, about its mean, under a Hann window; the other picture is resized to the first.
    """
    return float(
        (_spectrum(one, rings) - _spectrum(resize(other, Size.of(one), clamp=True), rings)).square().mean().sqrt()
    )


def effective_frequencies(image: Image, rings: int = 64) -> float:
    """How many spatial frequencies carry a picture: the exponential of the entropy of the power in rings of frequency.

    Of the luma, about its mean. 1: one wavelength, or a flat picture; white noise has half of the `rings`.
    """
    light = luma(image)[0, 0].double().cpu()
    power = torch.fft.fft2(light - light.mean()).abs().square()
    across, down = torch.meshgrid(*(torch.fft.fftfreq(side) for side in light.shape), indexing="ij")
    ring = (torch.hypot(across, down) * 2 * rings).long().clamp_max(rings - 1).flatten()
    sums = torch.zeros(rings, dtype=power.dtype).index_add(0, ring, power.flatten())
    if float(sums.sum()) <= SMALLEST_POWER * light.numel():
        return 1.0
    return float(torch.special.entr(sums / sums.sum()).sum().exp())


def marginal_distance(one: Image, other: Image, quantiles: int = 256) -> float:
    """Wasserstein-1 distance of the values in each channel, averaged over the channels: 0 alike, 1 black and white."""
    shares = torch.linspace(0, 1, quantiles)
    first, second = (image[0].flatten(1).cpu().quantile(shares, dim=1) for image in (one, other))
    return float((first - second).abs().mean())


def brightness(image: Image) -> float:
    """Mean luma, 0 to 1."""
    return float(luma(image).mean())


def contrast(image: Image) -> float:
    """Standard deviation of the luma, 0 to 0.5."""
    return float(luma(image).std())


def sum_losses(progress: Progress, prefix: str) -> float:
    """The weighted terms whose names begin so, added up."""
    return sum(float(value) for name, value in progress.step.losses.terms.items() if name.startswith(prefix))


def _correlation(one: Tensor, other: Tensor) -> float:
    first, second = (values.flatten() - values.mean() for values in (one, other))
    return float(first @ second / (first.norm() * second.norm()).clamp_min(1e-12))


def _spectrum(image: Image, rings: int) -> torch.Tensor:
    """log10 of the mean power in each ring, from the lowest frequencies up to half a cycle a pixel."""
    light = luma(image)[0, 0].double().cpu()
    height, width = light.shape
    window = torch.outer(*(torch.hann_window(side, periodic=False, dtype=torch.float64) for side in (height, width)))
    power = torch.fft.fft2((light - light.mean()) * window).abs().square() / window.square().sum()
    across, down = torch.meshgrid(torch.fft.fftfreq(height), torch.fft.fftfreq(width), indexing="ij")
    ring = (torch.hypot(across, down) * 2 * rings).long()
    inside = ring < rings
    sums = torch.zeros(rings, dtype=torch.float64).index_add(0, ring[inside], power[inside])
    counts = torch.bincount(ring[inside], minlength=rings).clamp_min(1)
    return (sums / counts + SMALLEST_POWER).log10()


def _crossing(profile: list[float]) -> float:
    """Where a falling profile crosses one half, between the samples; its length where it does not."""
    for place, (here, there) in enumerate(itertools.pairwise(profile)):
        if there < HALF:
            return place + (here - HALF) / (here - there)
    return float(len(profile))
