"""What is measured of the pictures of an experiment."""

from __future__ import annotations

import itertools
import math

import torch

from brushwork.picture import Size, luma, resize, rgb_to_yiq
from brushwork.recipes import Progress
from brushwork.types import Image

HALF = 0.5
"""Where an autocorrelation counts as lost."""


def psnr(result: Image, truth: Image) -> float:
    """Peak signal-to-noise ratio in dB, white being 1; the truth is resized to the result."""
    error = float((result - resize(truth, Size.of(result), clamp=True)).square().mean())
    return math.inf if error == 0 else -10 * math.log10(error)


def grain_size(picture: Image) -> float:
    """Scale of structure: pixels at which the autocorrelation of the luma falls to one half, averaged over directions.

    The autocorrelation is the inverse transform of the power spectrum (Wiener–Khinchin).
    """
    light = luma(picture)[0]
    light = light - light.mean()
    power = torch.fft.rfft2(light).abs().square()
    correlation = torch.fft.irfft2(power, s=light.shape[-2:])[0]
    profile = torch.stack([correlation[0, : min(light.shape[-2:]) // 2], correlation[: min(light.shape[-2:]) // 2, 0]])
    return _crossing((profile.mean(0) / correlation[0, 0].clamp_min(1e-12)).tolist())


def distance(one: Image, other: Image) -> float:
    """Root mean squared difference of two pictures, 0 to 1; the second is resized to the first."""
    return float((one - resize(other, Size.of(one), clamp=True)).square().mean().sqrt())


def chroma_distance(one: Image, other: Image, bins: int = 16) -> float:
    """Half the L1 distance of two chroma histograms (I and Q of YIQ): 0 the same colors, 1 none in common."""
    return float((_chroma_histogram(one, bins) - _chroma_histogram(other, bins)).abs().sum() / 2)


def brightness(picture: Image) -> float:
    """Mean luma, 0 to 1."""
    return float(luma(picture).mean())


def contrast(picture: Image) -> float:
    """Standard deviation of the luma, 0 to 0.5."""
    return float(luma(picture).std())


def part_of_loss(progress: Progress, prefix: str) -> float:
    """The weighted terms whose names begin so, added up."""
    return sum(float(value) for name, value in progress.step.losses.terms.items() if name.startswith(prefix))


def _chroma_histogram(picture: Image, bins: int) -> torch.Tensor:
    chroma = rgb_to_yiq(picture)[0, 1:].flatten(1).T.contiguous().cpu()
    counts = torch.histogramdd(chroma, bins, range=[-0.6, 0.6, -0.6, 0.6]).hist
    return counts / counts.sum()


def _crossing(profile: list[float]) -> float:
    """Where a falling profile crosses one half, between the samples; its length where it does not."""
    for place, (here, there) in enumerate(itertools.pairwise(profile)):
        if there < HALF:
            return place + (here - HALF) / (here - there)
    return float(len(profile))
