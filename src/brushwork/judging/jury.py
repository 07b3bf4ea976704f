"""Those who judge a result: the networks, loaded once for many results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from brushwork.errors import InputError
from brushwork.judging.judgement import Metrics
from brushwork.judging.likeness import chroma_distance, psnr, ssim
from brushwork.judging.lpips import LAYERS, Lpips, LpipsName
from brushwork.judging.statistics import (
    content_distance,
    frechet_distance,
    gram_distance,
    moment_distance,
    sliced_distance,
)
from brushwork.judging.viewpoint import MetricLayers, metric_layers
from brushwork.perception import Encoder, load_encoder
from brushwork.picture.convert import as_image
from brushwork.picture.read import ImageInput
from brushwork.picture.resample import fit_size, resize
from brushwork.picture.window import Size
from brushwork.types import Feature, Features, Image

EVALUATION_SIZE = 512
"""Pixels of the long side: figures at different sizes cannot be compared."""

MIN_SIZE = 32
"""Pixels of a side; below, the deepest layers see hardly a cell."""


@dataclass(frozen=True)
class Evaluator:
    """The networks in which results are judged."""

    encoder: Encoder
    layers: MetricLayers
    lpips: Mapping[LpipsName, Lpips]

    @classmethod
    def load(cls, network: str | Path | Encoder = "vgg16", device: torch.device | str = "cpu") -> Evaluator:
        """A network for the distances, and those of LPIPS, on a device.

        Raises:
            InputError: no such network, or one that cannot judge.
            WeightsError: weights that are not on this machine; the message says how they get there.
        """
        lpips = {name: Lpips.load(name).to(device) for name in LAYERS}
        encoder = network if isinstance(network, Encoder) else load_encoder(network, padding="reflect")
        return cls(encoder.to(device), metric_layers(encoder), lpips)

    @torch.no_grad()
    def __call__(
        self, result: ImageInput, *, content: ImageInput, style: ImageInput, size: int | None = EVALUATION_SIZE
    ) -> Metrics:
        """Judge a result beside its photograph and its painting; pictures are whatever `as_image` takes.

        All three are brought to a long side of `size` pixels, but never beyond the result's own (None: the result's
        own); the photograph gets the very size of the result.

        Raises: InputError: a picture too small to be judged.
        """
        named = {"the result": result, "the photograph": content, "the painting": style}
        return self._judgement(*_framed([self._image(one, what) for what, one in named.items()], size))

    def _image(self, given: ImageInput, what: str) -> Image:
        """One picture, on the networks' device, in their type."""
        image = as_image(given, what)
        if len(image) > 1:
            raise InputError(f"{what} holds {len(image)} pictures: let each be judged by itself.")
        return image.to(self.encoder.preprocess.mean)

    def _judgement(self, result: Image, content: Image, style: Image) -> Metrics:
        seen, content_image, style_image = (
            self.encoder(one, self.layers.all_layers) for one in (result, content, style)
        )
        return Metrics(
            network=self.encoder.name,
            size=(result.shape[-1], result.shape[-2]),
            lpips_alexnet=self.lpips["alexnet"](result, content),
            lpips_vgg16=self.lpips["vgg16"](result, content),
            content=content_distance(seen[self.layers.content], content_image[self.layers.content]),
            ssim=ssim(result, content),
            psnr=psnr(result, content),
            chroma_content=chroma_distance(result, content),
            gram_style=self._mean(gram_distance, seen, style_image),
            moments_style=self._mean(moment_distance, seen, style_image),
            sliced_style=self._mean(sliced_distance, seen, style_image),
            frechet_style=frechet_distance(seen[self.layers.positions], style_image[self.layers.positions]),
            chroma_style=chroma_distance(result, style),
        )

    def _mean(self, distance: Callable[[Feature, Feature], float], seen: Features, style: Features) -> float:
        """Over the layers of style."""
        return sum(distance(seen[layer], style[layer]) for layer in self.layers.style) / len(self.layers.style)


def evaluate(
    result: ImageInput,
    *,
    content: ImageInput,
    style: ImageInput,
    network: str | Path | Encoder = "vgg16",
    size: int | None = EVALUATION_SIZE,
) -> Metrics:
    """Judge a result beside its photograph and its painting, in a network that it was not painted with.

    Of many results, let one `Evaluator` judge: it keeps the networks. `size` is the long side at which is judged.

    Raises:
        InputError: no such network, one that cannot judge, or a picture too small.
        WeightsError: weights that are not on this machine; the message says how they get there.
    """
    image = as_image(result, "the result")
    return Evaluator.load(network, image.device)(image, content=content, style=style, size=size)


def _framed(images: Sequence[Image], size: int | None) -> tuple[Image, Image, Image]:
    result, content, style = images
    own = max(Size.of(result))
    long = own if size is None else min(own, size)
    judged = fit_size(Size.of(result), long, measure="long")
    style_image = fit_size(Size.of(style), long, measure="long")
    for what, one in {"result": judged, "painting": style_image}.items():
        if min(one) < MIN_SIZE:
            raise InputError(f"the {what} would be judged at {one} pixels: take one of {MIN_SIZE} a side.")
    sizes = zip((result, content, style), (judged, judged, style_image), strict=True)
    framed = [one if Size.of(one) == wanted else resize(one, wanted, clamp=True) for one, wanted in sizes]
    return framed[0], framed[1], framed[2]
