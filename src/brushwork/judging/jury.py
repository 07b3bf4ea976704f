"""Those who judge a result: the networks, loaded once for many results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from brushwork.errors import InputError
from brushwork.judging.judgement import Judgement
from brushwork.judging.likeness import chroma_distance, psnr, ssim
from brushwork.judging.lpips import TAPS, Lpips, LpipsName
from brushwork.judging.statistics import (
    content_distance,
    frechet_distance,
    gram_distance,
    moment_distance,
    sliced_distance,
)
from brushwork.judging.viewpoint import Viewpoint, viewpoint
from brushwork.perception import Encoder, load_encoder
from brushwork.picture.convert import as_image
from brushwork.picture.read import Source
from brushwork.picture.resample import fit, resize
from brushwork.picture.window import Size
from brushwork.types import Feature, Features, Image

JUDGED_AT = 512
"""Pixels of the long side: figures at different sizes cannot be compared."""

SMALLEST_JUDGED = 32
"""Pixels of a side; below, the deepest layers see hardly a cell."""


@dataclass(frozen=True)
class Jury:
    """The networks in which results are judged."""

    encoder: Encoder
    view: Viewpoint
    lpips: Mapping[LpipsName, Lpips]

    @classmethod
    def load(cls, network: str | Path | Encoder = "vgg16", device: torch.device | str = "cpu") -> Jury:
        """A network for the distances, and those of LPIPS, on a device.

        Raises:
            InputError: no such network, or one that cannot judge.
            WeightsError: weights that are not on this machine; the message says how they get there.
        """
        lpips = {name: Lpips.load(name).to(device) for name in TAPS}
        encoder = network if isinstance(network, Encoder) else load_encoder(network, padding="reflect")
        return cls(encoder.to(device), viewpoint(encoder), lpips)

    @torch.no_grad()
    def __call__(self, result: Source, *, content: Source, style: Source, size: int | None = JUDGED_AT) -> Judgement:
        """Judge a result beside its photograph and its painting; pictures are whatever `as_image` takes.

        All three are brought to a long side of `size` pixels, but never beyond the result's own (None: the result's
        own); the photograph gets the very size of the result.

        Raises: InputError: a picture too small to be judged.
        """
        named = {"the result": result, "the photograph": content, "the painting": style}
        return self._judgement(*_framed([self._image(one, what) for what, one in named.items()], size))

    def _image(self, given: Source, what: str) -> Image:
        """One picture, on the networks' device, in their type."""
        image = as_image(given, what)
        if len(image) > 1:
            raise InputError(f"{what} holds {len(image)} pictures: let each be judged by itself.")
        return image.to(self.encoder.preprocess.mean)

    def _judgement(self, result: Image, content: Image, style: Image) -> Judgement:
        seen, photograph, painting = (self.encoder(one, self.view.taps) for one in (result, content, style))
        return Judgement(
            network=self.encoder.name,
            size=(result.shape[-1], result.shape[-2]),
            lpips_alexnet=self.lpips["alexnet"](result, content),
            lpips_vgg16=self.lpips["vgg16"](result, content),
            content=content_distance(seen[self.view.content], photograph[self.view.content]),
            ssim=ssim(result, content),
            psnr=psnr(result, content),
            chroma_content=chroma_distance(result, content),
            gram_style=self._mean(gram_distance, seen, painting),
            moments_style=self._mean(moment_distance, seen, painting),
            sliced_style=self._mean(sliced_distance, seen, painting),
            frechet_style=frechet_distance(seen[self.view.cells], painting[self.view.cells]),
            chroma_style=chroma_distance(result, style),
        )

    def _mean(self, distance: Callable[[Feature, Feature], float], seen: Features, painting: Features) -> float:
        """Over the layers of style."""
        return sum(distance(seen[tap], painting[tap]) for tap in self.view.style) / len(self.view.style)


def judge(
    result: Source,
    *,
    content: Source,
    style: Source,
    network: str | Path | Encoder = "vgg16",
    size: int | None = JUDGED_AT,
) -> Judgement:
    """Judge a result beside its photograph and its painting, in a network that it was not painted with.

    Of many results, let one `Jury` judge: it keeps the networks. `size` is the long side at which is judged.

    Raises:
        InputError: no such network, one that cannot judge, or a picture too small.
        WeightsError: weights that are not on this machine; the message says how they get there.
    """
    image = as_image(result, "the result")
    return Jury.load(network, image.device)(image, content=content, style=style, size=size)


def _framed(images: Sequence[Image], size: int | None) -> tuple[Image, Image, Image]:
    result, content, style = images
    own = max(Size.of(result))
    long = own if size is None else min(own, size)
    judged = fit(Size.of(result), long, by="long")
    painting = fit(Size.of(style), long, by="long")
    for what, one in {"result": judged, "painting": painting}.items():
        if min(one) < SMALLEST_JUDGED:
            raise InputError(f"the {what} would be judged at {one} pixels: take one of {SMALLEST_JUDGED} a side.")
    sizes = zip((result, content, style), (judged, judged, painting), strict=True)
    framed = [one if Size.of(one) == wanted else resize(one, wanted, clamp=True) for one, wanted in sizes]
    return framed[0], framed[1], framed[2]
