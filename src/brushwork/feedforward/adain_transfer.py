"""Feed-forward transfer of arbitrary styles by AdaIN, with a decoder trained on many styles.

Source: Huang & Belongie, 1703.06868.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral

import torch
from torch import Tensor

from brushwork.choices import Engine
from brushwork.controls.adain import load_adain_encoder
from brushwork.controls.inputs import RecipeInputs, StyleInputs, StyleRegion, as_styles, require_regions
from brushwork.controls.style_file import StyleFile
from brushwork.controls.style_scale import scaled_styles
from brushwork.devices.meter import to_meta
from brushwork.encoders import Encoder
from brushwork.encoders.backends import choose_engine
from brushwork.errors import InputError, require_type
from brushwork.feedforward.adain_statistics import (
    RegionRestyle,
    StyleEncoder,
    UniformRestyle,
    decode_tiled,
    encode_tiled,
    restyle_regions,
    restyle_uniformly,
)
from brushwork.feedforward.inference import PartialResult, run_stylizer
from brushwork.feedforward.networks.adain import AdaINDecoder, load_adain_decoder
from brushwork.feedforward.options import AdaINOptions
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.options import require_enough_pixels, require_options
from brushwork.style import normalize_weights
from brushwork.types import Feature, Image

FASTEST = 1024
"""Side of the fastest tiles, in pixels."""


@dataclass(frozen=True)
class AdaINStylizer:
    """Stylizer that consists of an encoder, AdaIN and a decoder."""

    options: AdaINOptions
    encoder: Encoder
    decoder: AdaINDecoder

    @property
    def name(self) -> str:
        """Name of the weights."""
        return "adain"

    @property
    def engine(self) -> Engine:
        """Execution engine on CPUs."""
        return self.encoder.engine

    @property
    def fastest_tile(self) -> int:
        """Side of the fastest tiles: larger ones do not fit the CPU's caches."""
        return FASTEST

    def weights(self) -> Mapping[str, Tensor]:
        """Return the weights."""
        parts = {"encoder": self.encoder, "decoder": self.decoder}
        return {f"{part}.{name}": tensor for part, one in parts.items() for name, tensor in one.state_dict().items()}

    def to_meta(self) -> AdaINStylizer:
        """Return a copy on the `meta` device, without values."""
        return replace(self, encoder=to_meta(self.encoder), decoder=to_meta(self.decoder))

    def stylize(self, images: RecipeInputs, canvas: Size, side: int | None = None) -> Iterator[PartialResult]:
        """Stylize a content image after style images; see `Stylizer`.

        Raises: InputError: there is no style image, an image is too small, or options cannot be combined.
        """
        require_compatible(self.options, images)
        views = [one for one in scaled_styles(images.styles, self.options) if not isinstance(one.style, StyleFile)]
        # Encoding the content, encoding the styles and decoding cost about the same per pixel.
        work = canvas.area * (2 + sum(view.scale**2 for view in views))
        steps, done = self._steps(images, canvas, side), 0
        try:
            while True:
                done += next(steps)
                yield PartialResult(min(1.0, done / work))
        except StopIteration as end:
            yield PartialResult(1.0, end.value)

    @torch.no_grad()
    def _steps(self, images: RecipeInputs, canvas: Size, side: int | None) -> Generator[int, None, Image]:
        """Return the image; yield numbers of encoded or decoded pixels."""
        content = resize(images.content, canvas, clamp=True)
        feature = yield from encode_tiled(self.encoder, content, side)
        del content
        restyle = yield from self._restyle(images, feature, canvas, side)
        return (
            yield from decode_tiled(self.decoder, lambda window: restyle(window.crop(feature), window), canvas, side)
        )

    def _restyle(
        self, images: RecipeInputs, feature: Feature, canvas: Size, side: int | None
    ) -> Generator[int, None, UniformRestyle | RegionRestyle]:
        options = self.options
        style_encoder = StyleEncoder(self.encoder, options, canvas, side, options.guides, options.feather)
        if not images.regions:
            target = yield from style_encoder.encode_blend(images.styles, options.style_blend)
            return restyle_uniformly(feature, target, options.strength)
        styles = [one for one in images.styles if not isinstance(one, StyleFile)]
        parts = yield from style_encoder.encode_regions(images.regions, styles)
        return restyle_regions(feature, parts, style_encoder.region_guides(images.regions), options.strength)


def require_compatible(options: AdaINOptions, images: RecipeInputs) -> None:
    """Raise unless the images are large enough and the options suit them.

    Raises: InputError.
    """
    content, styles, regions = images.content, images.styles, images.regions
    if not styles:
        raise InputError("no style image was given: give at least one.")
    require_enough_pixels(Size.of(content), "the content image")
    for style in styles:
        if not isinstance(style, StyleFile):
            require_enough_pixels(Size.of(style), "a style image")
    views = len(scaled_styles(styles, options))
    if regions:
        require_regions(regions, styles, options.style_blend)
    if regions and views > len(styles):
        raise InputError("regions take each style image at one scale: give one --style-scale for each, or one for all.")
    normalize_weights(views, options.style_blend or None)


def transfer_adain(
    content: ImageInput,
    styles: StyleInputs,
    options: AdaINOptions | None = None,
    *,
    stylizer: AdaINStylizer | None = None,
    regions: Sequence[StyleRegion] = (),
    side: int | None = None,
) -> Image:
    """Return the content image in the style of one or more images, in [0, 1], by AdaIN in one feed-forward pass.

    Images are whatever `as_image` takes: paths, Pillow images, arrays, tensors. A content image given as a tensor must
    be on the device to compute on. `stylizer` replaces the network that would be loaded; `side` is the side of tiles in
    pixels, which do not change the image.

    Raises: InputError: unusable options or images. WeightsError: the weights are missing.
    """
    options = AdaINOptions() if options is None else options
    require_options(options, AdaINOptions)
    if side is not None:
        require_type("side", side, Integral, "a whole number of pixels")
    given = RecipeInputs.of(content, as_styles(styles), regions=regions)
    if stylizer is not None:
        require_type("the stylizer", stylizer, AdaINStylizer, "what load_adain_stylizer returns")
    stylizer = replace(stylizer, options=options) if stylizer else options.load_stylizer(given.content.device)
    *_, last = run_stylizer(options, given.to(stylizer.encoder), stylizer, side)
    assert last.image is not None
    return last.image


def load_adain_stylizer(options: AdaINOptions, device: torch.device) -> AdaINStylizer:
    """Load VGG-19 up to relu4_1 and the decoder onto a device.

    Raises: WeightsError: the weights are missing.
    """
    encoder = load_adain_encoder(choose_engine(options.engine, device))
    return AdaINStylizer(options, encoder.to(device), load_adain_decoder(encoder.engine).to(device))
