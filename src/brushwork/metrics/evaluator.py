"""Evaluate results with networks that they were not optimized with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import NamedTuple

import torch

from brushwork.encoders import Encoder, load_encoder
from brushwork.encoders.weights.find import require_fetched
from brushwork.errors import InputError, WeightsError, require_type
from brushwork.images.geometry import Size, fit_size
from brushwork.images.read import ImageInput, as_image
from brushwork.images.resample import resize
from brushwork.metrics import EVALUATION_SIZE
from brushwork.metrics.feature_distances import (
    content_distance,
    frechet_distance,
    gram_distance,
    moment_distance,
    sliced_distance,
)
from brushwork.metrics.image_similarity import chroma_distance, psnr, ssim
from brushwork.metrics.lpips import LAYERS, Lpips, LpipsName
from brushwork.types import Feature, Features, Image

MIN_SIZE = 32
"""Minimum side in pixels; below it, the deepest layers have hardly one position."""


@dataclass(frozen=True)
class Evaluator:
    """The networks for evaluating results."""

    encoder: Encoder
    layers: MetricLayers
    lpips: Mapping[LpipsName, Lpips]

    @classmethod
    def load(cls, network: str | Path | Encoder = "vgg16", device: torch.device | str = "cpu") -> Evaluator:
        """Load a network for the feature distances, and those of LPIPS, on a device.

        Raises:
            InputError: there is no such network, or it cannot be used for evaluation.
            WeightsError: weights that are not on this machine; the message says how to get them.
        """
        try:
            lpips = {name: Lpips.load(name).to(device) for name in LAYERS}
        except WeightsError:
            require_fetched(LAYERS)  # name both at once, if both are missing
            raise
        encoder = network if isinstance(network, Encoder) else load_encoder(network, padding="reflect")
        return cls(encoder.to(device), metric_layers(encoder), lpips)

    @torch.no_grad()
    def __call__(
        self, result: ImageInput, *, content: ImageInput, style: ImageInput, size: int | None = EVALUATION_SIZE
    ) -> Metrics:
        """Evaluate a result against its content and style images; images are anything that `as_image` takes.

        All three are resized to a long side of `size` pixels, but not beyond the result's own (None: the result's own).
        The content image is resized to exactly the size of the result.

        Raises: InputError: an image is too small to evaluate.
        """
        named = {"the result": result, "the content image": content, "the style image": style}
        return self._measure(*_fit_all([self._image(one, what) for what, one in named.items()], size))

    def _image(self, given: ImageInput, what: str) -> Image:
        """Return one image on the networks' device and in their dtype."""
        image = as_image(given, what)
        if len(image) > 1:
            raise InputError(f"{what} holds {len(image)} images: evaluate each by itself.")
        return image.to(self.encoder.preprocess.mean)

    def _measure(self, result: Image, content: Image, style: Image) -> Metrics:
        features, content_image, style_image = (
            self.encoder(one, self.layers.all_layers) for one in (result, content, style)
        )
        return Metrics(
            network=self.encoder.name,
            size=(result.shape[-1], result.shape[-2]),
            lpips_alexnet=self.lpips["alexnet"](result, content),
            lpips_vgg16=self.lpips["vgg16"](result, content),
            content=content_distance(features[self.layers.content], content_image[self.layers.content]),
            ssim=ssim(result, content),
            psnr=psnr(result, content),
            chroma_content=chroma_distance(result, content),
            gram_style=self._mean(gram_distance, features, style_image),
            moments_style=self._mean(moment_distance, features, style_image),
            sliced_style=self._mean(sliced_distance, features, style_image),
            frechet_style=frechet_distance(features[self.layers.positions], style_image[self.layers.positions]),
            chroma_style=chroma_distance(result, style),
        )

    def _mean(self, distance: Callable[[Feature, Feature], float], features: Features, style: Features) -> float:
        """Return the mean over the style layers."""
        return sum(distance(features[layer], style[layer]) for layer in self.layers.style) / len(self.layers.style)


def evaluate(
    result: ImageInput,
    *,
    content: ImageInput,
    style: ImageInput,
    network: str | Path | Encoder = "vgg16",
    size: int | None = EVALUATION_SIZE,
) -> Metrics:
    """Evaluate a result against its content and style images, with a network that it was not optimized with.

    For many results, use one `Evaluator`: it keeps the networks. `size` is the long side for the evaluation, in pixels.

    Raises:
        InputError: there is no such network, it cannot be used for evaluation, or an image is too small.
        WeightsError: weights that are not on this machine; the message says how to get them.
    """
    image = as_image(result, "the result")
    return Evaluator.load(network, image.device)(image, content=content, style=style, size=size)


def _fit_all(images: Sequence[Image], size: int | None) -> tuple[Image, Image, Image]:
    result, content, style = images
    if size is not None:
        require_type("size", size, Real, "a number of pixels")
    own = max(Size.of(result))
    long = own if size is None else min(own, size)
    evaluated = fit_size(Size.of(result), long, measure="long")
    style_image = fit_size(Size.of(style), long, measure="long")
    for what, one in {"result": evaluated, "style image": style_image}.items():
        if min(one) < MIN_SIZE:
            raise InputError(
                f"the {what} would be evaluated at {one} pixels: give an image of at least {MIN_SIZE} a side."
            )
    sizes = zip((result, content, style), (evaluated, evaluated, style_image), strict=True)
    fitted = [one if Size.of(one) == wanted else resize(one, wanted, clamp=True) for one, wanted in sizes]
    return fitted[0], fitted[1], fitted[2]


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Distances of a result from its content and style images; 0 is a perfect match, except for SSIM and PSNR.

    Metrics with `style` in their name compare with the style image, the others with the content image, at the size of
    the result. The network should be one that the result was not optimized with; otherwise it grades its own work.
    """

    network: str
    """Network in which the content, Gram, moment, sliced Wasserstein and Fréchet distances were measured."""

    size: tuple[int, int]
    """Width and height of the evaluation, in pixels."""

    lpips_alexnet: float
    """Learned perceptual distance to the content image in AlexNet; 0 up to about 1. Source: Zhang et al.,
    1801.03924."""

    lpips_vgg16: float
    """Learned perceptual distance to the content image in VGG-16; 0 up to about 1. Source: Zhang et al., 1801.03924."""

    content: float
    """‖F − P‖² / ‖P‖² of the features of result and content image at one deep layer, no unit; 0 or more."""

    ssim: float
    """Structural similarity of the luma to the content image, −1 to 1, 1 for equal images. Source: Wang et al. 2004."""

    psnr: float
    """Peak signal-to-noise ratio to the content image in dB, over all channels; infinite for equal images."""

    chroma_content: float
    """Hellinger distance of the chroma histograms (Oklab a, b) of result and content image, 0 to 1."""

    gram_style: float
    """‖G − A‖² / ‖A‖² of the Gram matrices per position, mean over five layers, no unit; 0 or more. Source:
    1508.06576."""

    moments_style: float
    """(‖μ − μ*‖² + ‖σ − σ*‖²) / (‖μ*‖² + ‖σ*‖²) over the channels, mean over five layers, no unit; 0 or more."""

    sliced_style: float
    """Squared Wasserstein distance of the features at all positions along random directions, relative to the mean
    square of the style image's, mean over five layers, no unit; 0 or more. Source: Heitz et al., 2006.07229."""

    frechet_style: float
    """Fréchet distance of Gaussians fitted to the features at single positions before the second pooling, in squared
    units of the network; 0 or more. Like SIFID, but in this network, so not comparable with published numbers. Source:
    Shaham et al., 1905.01164."""

    chroma_style: float
    """Hellinger distance of the chroma histograms (Oklab a, b) of result and style image, 0 to 1."""


class MetricLayers(NamedTuple):
    """The layers at which images are compared."""

    content: str
    """Deep layer that keeps the arrangement of the content image but not its texture."""
    style: tuple[str, ...]
    """One layer for each scale of texture."""
    positions: str
    """Layer before the second pooling at which single positions are compared, as in SIFID."""

    @property
    def all_layers(self) -> tuple[str, ...]:
        """All layers, without repetition."""
        return tuple(dict.fromkeys((self.content, *self.style, self.positions)))


_VGG = MetricLayers("conv4_2", ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"), "conv2_2")
_ALEXNET = MetricLayers("conv4", ("conv1", "conv2", "conv3", "conv4", "conv5"), "conv2")
_GOOGLENET = MetricLayers(
    "inception_4a", ("conv1/7x7_s2", "conv2/3x3", "inception_3a", "inception_4a", "inception_5a"), "conv2/3x3"
)


def metric_layers(encoder: Encoder) -> MetricLayers:
    """Return the layers for a network of a known kind.

    Raises: InputError: the network is of another kind.
    """
    for one in (_VGG, _ALEXNET, _GOOGLENET):
        if all(_has(encoder, layer) for layer in one.all_layers):
            return one
    raise InputError(f"{encoder.name} has no layers for metrics: give a VGG, AlexNet or GoogLeNet, or the layers.")


def _has(encoder: Encoder, layer: str) -> bool:
    try:
        encoder.layer(layer)
    except InputError:
        return False
    return True
