"""What is found when a result is judged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The figures of a result beside its photograph and its painting. 0 is a perfect match, except for SSIM and PSNR.

    The figures named `content` or without such a word are about the photograph, at the size of the result; those named
    `style` are about the painting. The network is one that was not optimized, else it grades its own work.
    """

    network: str
    """Network in which content, Gram, moment, sliced-Wasserstein and Fréchet distance were measured."""

    size: tuple[int, int]
    """Width and height at which was judged, in pixels."""

    lpips_alexnet: float
    """Learned perceptual distance to the photograph in AlexNet; 0 up to about 1. Source: Zhang et al., 1801.03924."""

    lpips_vgg16: float
    """Learned perceptual distance to the photograph in VGG-16; 0 up to about 1. Source: Zhang et al., 1801.03924."""

    content: float
    """‖F − P‖² / ‖P‖² of the features of result and photograph at one deep layer, no unit; 0 or more."""

    ssim: float
    """Structural similarity of the luma to the photograph's, −1 to 1, 1 for equal ones. Source: Wang et al. 2004."""

    psnr: float
    """Peak signal-to-noise ratio to the photograph in dB, over all channels; infinite for equal pictures."""

    chroma_content: float
    """Hellinger distance of the chroma histograms (Oklab a, b) of result and photograph, 0 to 1."""

    gram_style: float
    """‖G − A‖² / ‖A‖² of the Gram matrices per cell, mean over five layers, no unit; 0 or more. Source: 1508.06576."""

    moments_style: float
    """(‖μ − μ*‖² + ‖σ − σ*‖²) / (‖μ*‖² + ‖σ*‖²) over the channels, mean over five layers, no unit; 0 or more."""

    sliced_style: float
    """Squared Wasserstein distance of the cells' features along random directions, over the mean square of the
    painting's, mean over five layers, no unit; 0 or more. Source: Heitz et al., 2006.07229."""

    frechet_style: float
    """Fréchet distance of Gaussians fitted to the features of single cells before the second pooling, in squared units
    of the network; 0 or more. As SIFID, but in this network: not to be compared with published numbers. Source: Shaham
    et al., 1905.01164."""

    chroma_style: float
    """Hellinger distance of the chroma histograms (Oklab a, b) of result and painting, 0 to 1."""
