"""Any painting's style, at once: AdaIN with a decoder that was trained on all kinds of paintings.

Source: Huang & Belongie, 1703.06868.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.evaluate.meter import on_meta
from brushwork.fast.adain_decoder import Decoder, load_decoder
from brushwork.fast.adain_styles import ByRegion, Everywhere, Palette, by_region, everywhere
from brushwork.fast.adain_tiles import TAP, decoded, encoded
from brushwork.fast.at_once import AtOnce, Stroke, strokes
from brushwork.perception import Encoder, load_encoder
from brushwork.perception.engines import Engine
from brushwork.picture.read import Source
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.guides import Carrying
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.options import check, require, require_size
from brushwork.recipes.pictures import Paintings, Pictures, as_paintings
from brushwork.recipes.regions import Region, require_regions
from brushwork.recipes.scales import require_style_scale, views
from brushwork.types import Feature, Image


@dataclass(frozen=True, kw_only=True)
class Instant(AtOnce):
    """Options of painting after any painting at once."""

    strength: float = 1.0
    """How far the photograph's features are brought to the painting's: 0 not at all, 1 fully."""

    style_blend: tuple[float, ...] = ()
    """Weight of each painting in the blend, one for each (of one painting at several scales: for each scale); none:
    equal weights."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the painting against the photograph, both measured as `measure` says: larger gives larger strokes. One
    for all paintings, or one for each; several for an only painting blend it with itself at each scale."""

    guides: Carrying = "simple"
    """Which cells of a layer belong to a region: as the mask says at the layer's size (simple), all that see the region
    (all), or those that see nothing else (inside)."""

    feather: float = 0.0
    """How far regions fade into each other, in pixels of the finished picture; 0: as the masks are."""

    def __post_init__(self) -> None:
        check(self)
        require(0 <= self.strength <= 1, "strength", self.strength, "0 or more, up to 1")
        require(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require_style_scale(self.style_scale)

    def brush(self, device: torch.device) -> AdaINBrush:
        """VGG-19 up to relu4_1, and the decoder.

        Raises: WeightsError: the weights are not there.
        """
        engine = self.engine if device.type == "cpu" else "plain"
        # As the decoder's training: mirrored borders, and pools that keep a last row, which a cell is painted for.
        encoder = load_encoder("vgg19-normalized", padding="reflect", ceil=True, engine=engine)
        encoder.cut_after([TAP])
        return AdaINBrush(self, encoder.to(device), load_decoder(encoder.engine).to(device))


FASTEST = 1024
"""Pixels."""


@dataclass(frozen=True)
class AdaINBrush:
    """A network that looks and one that paints, in between the statistics of a painting."""

    options: Instant
    encoder: Encoder
    decoder: Decoder

    @property
    def name(self) -> str:
        """Of its weights."""
        return "adain"

    @property
    def engine(self) -> Engine:
        """How it computes on processors."""
        return self.encoder.engine

    @property
    def fastest(self) -> int:
        """In larger tiles nothing is gained: they leave the processor's caches."""
        return FASTEST

    def tensors(self) -> Mapping[str, Tensor]:
        """Its weights."""
        parts = {"encoder": self.encoder, "decoder": self.decoder}
        return {f"{part}.{name}": tensor for part, one in parts.items() for name, tensor in one.state_dict().items()}

    def on_meta(self) -> AdaINBrush:
        """The same without numbers."""
        return replace(self, encoder=on_meta(self.encoder), decoder=on_meta(self.decoder))

    def paint(self, pictures: Pictures, canvas: Size, side: int | None = None) -> Iterator[Stroke]:
        """Paint a photograph after paintings; see `Brush`.

        Raises: InputError: no painting, pictures that are too small, or what cannot go together.
        """
        self._require_usable(pictures)
        paintings = [one for one in pictures.paintings if not isinstance(one, KeptStyle)]
        # A pixel is looked at in the photograph and in the paintings, and painted, at about the same cost each time.
        work = canvas.area * (2 + sum(view.scale**2 for view in views(paintings, self.options)))
        steps, done = self._steps(pictures, canvas, side), 0
        try:
            while True:
                done += next(steps)
                yield Stroke(min(1.0, done / work))
        except StopIteration as end:
            yield Stroke(1.0, end.value)

    @torch.no_grad()
    def _steps(self, pictures: Pictures, canvas: Size, side: int | None) -> Generator[int, None, Image]:
        """The picture; yields the pixels that were looked at or painted."""
        photograph = resize(pictures.content, canvas, clamp=True)
        feature = yield from encoded(self.encoder, photograph, side)
        del photograph
        restyle = yield from self._restyle(pictures, feature, canvas, side)
        return (yield from decoded(self.decoder, lambda window: restyle(window.crop(feature), window), canvas, side))

    def _restyle(
        self, pictures: Pictures, feature: Feature, canvas: Size, side: int | None
    ) -> Generator[int, None, Everywhere | ByRegion]:
        options = self.options
        palette = Palette(self.encoder, options, canvas, side, options.guides, options.feather)
        if not pictures.regions:
            wanted = yield from palette.blend(pictures.paintings, options.style_blend)
            return everywhere(feature, wanted, options.strength)
        paintings = [one for one in pictures.paintings if not isinstance(one, KeptStyle)]
        parts = yield from palette.parts(pictures.regions, paintings)
        return by_region(feature, parts, palette.guides_of(pictures.regions), options.strength)

    def _require_usable(self, pictures: Pictures) -> None:
        content, paintings, regions, options = pictures.content, pictures.paintings, pictures.regions, self.options
        if not paintings:
            raise InputError("no painting was given: name at least one, whose style is taken.")
        require_size(content, "the photograph")
        for painting in paintings:
            if not isinstance(painting, KeptStyle):
                require_size(painting, "a painting")
        if regions:
            require_regions(regions, paintings, options.style_blend)
        if regions and len(views(paintings, options)) > len(paintings):
            raise InputError("regions take each painting at one scale: give one style-scale for each, or one for all.")


def instant(
    photograph: Source,
    paintings: Paintings,
    options: Instant | None = None,
    *,
    brush: AdaINBrush | None = None,
    regions: Sequence[Region] = (),
    side: int | None = None,
) -> Image:
    """Paint a photograph in the style of one or more paintings, in one pass: the picture, in [0, 1].

    Pictures are whatever `as_image` takes: paths, Pillow images, arrays, tensors. A photograph that is a tensor lies
    on the device to paint on. `brush` stands in for the network that is loaded otherwise; `side`:
    in tiles of so many pixels, to the same picture.

    Raises: InputError: options or pictures that cannot be used. WeightsError: the weights are not there.
    """
    options = options or Instant()
    given = Pictures.of(photograph, as_paintings(paintings), regions=regions)
    brush = replace(brush, options=options) if brush else options.brush(given.content.device)
    *_, last = strokes(options, given.to(brush.encoder), brush, side)
    assert last.picture is not None
    return last.picture
