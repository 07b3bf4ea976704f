"""MDAN: a picture is painted against a rival, which learns meanwhile to tell it from the painting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import torch

from brushwork.canvas import Pixels
from brushwork.errors import InputError, NotAdditive
from brushwork.objective import Objective
from brushwork.optimize import Adam, Guard, minimize
from brushwork.perception.encoder import Encoder
from brushwork.picture.read import Source
from brushwork.picture.resample import fit, resize
from brushwork.picture.window import Size
from brushwork.recipes.balance import smooth_objective
from brushwork.recipes.coarse_to_fine import Level, Progress, Saved, resume
from brushwork.recipes.copies import copies
from brushwork.recipes.duel import Duel, against
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.options import Extent, Seeing, Sizing, Starting, check, measured, require
from brushwork.recipes.patch_judge import Patches
from brushwork.recipes.pictures import Paintings, Pictures, as_paintings
from brushwork.recipes.rival import BETAS, Rival
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.share import ALONE, Alone, Share
from brushwork.recipes.start import beginning
from brushwork.terms.content import Content
from brushwork.types import Evaluate, Feature, Image


@dataclass(frozen=True, kw_only=True)
class Mdan(Sizing, Starting, Seeing):
    """Options of painting against a rival."""

    size: Extent = 384
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    iterations: int = 125
    """Closures (looks at the picture, forward and backward); the rival learns one step at each; 1 or more."""

    content_layer: str = "conv5_1"
    """Layer at which the photograph's content is kept."""

    content_weight: float = 2.0
    """Weight of the content, a share of the photograph's own energy at its layer; 0 or more."""

    style_layer: str = "conv3_1"
    """Layer whose patches the rival tells apart."""

    patch: int = 8
    """Cells along the side of a patch."""

    patch_stride: int = 4
    """Cells from one patch to the next; at most `patch`."""

    style_scale: float = 1.0
    """Size of the painting against the photograph, both measured as `measure` says: larger gives larger strokes."""

    turns: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles, in degrees, by which the painting is turned for more patches."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which it is scaled."""

    mirrored: bool = True
    """Whether it is looked at mirrored too."""

    smoothness: float = 20.0
    """Weight of the total variation; 0 or more."""

    learning_rate: float = 0.01
    """Adam's step length for the pixels, white being 1."""

    rival_rate: float = 0.002
    """Adam's step length for the rival; the authors took 0.02, with which its scores fly up and content counts for
    nothing."""

    def __post_init__(self) -> None:
        check(self)
        require(self.iterations >= 1, "iterations", self.iterations, "1 or more")
        require(1 <= self.patch_stride <= self.patch, "patch_stride", self.patch_stride, f"from 1 to {self.patch}")
        require(bool(self.turns), "turns", "empty", "one angle or more; 0 for the painting as it is")
        require(all(map(_is_small, self.turns)), "turns", self.turns, "from -90 to 90 degrees")
        require(bool(self.scales), "scales", "empty", "one factor or more; 1 for the painting as it is")
        for name in ("style_scale", "learning_rate", "rival_rate"):
            require(0 < getattr(self, name) < inf, name, getattr(self, name), "above 0, and finite")
        require(all(0 < one < inf for one in self.scales), "scales", self.scales, "above 0, and finite")
        for name in ("content_weight", "smoothness"):
            require(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")


def _is_small(angle: float) -> bool:
    return -90 <= angle <= 90


def mdan(
    photograph: Source,
    paintings: Paintings,
    options: Mdan,
    *,
    encoder: Encoder | None = None,
    start: Source | None = None,
    saved: Saved | None = None,
    share: Share = ALONE,
) -> Iterator[Progress]:
    """Paint a photograph so that a rival, who learns the patches of the paintings, takes its patches for theirs.

    As `transfer`; a picture that is resumed ends bit for bit as it would have.

    Differs: content and smoothness are weighed by eye, because the authors' weights belong to another network and to
    patches that are summed otherwise. Their final stretching of the contrast is left out.

    Raises: InputError: options or pictures that cannot be used. NotAdditive: the picture is to be looked at in parts.
    Diverged: the optimization failed for good.
    Source: Li & Wand, 1604.04382, section 4 (Markovian deconvolutional adversarial networks).
    """
    given = Pictures.of(photograph, as_paintings(paintings), start)
    if not (isinstance(share, Alone) and share.tiling is None):
        raise NotAdditive("the rival looks at a picture as a whole: take a smaller size, and one process.")
    eye = encoder or encoder_for(options, given.content.device)
    own, styles, begun, _ = given.to(eye)
    level = level_of(options, Size.of(own))
    _require_cells(options, eye, level.size)
    seen = [_pictured(painting) for painting in styles]
    rival = Rival(_bank(options, eye, level.size, seen), _patches(options), options.rival_rate, options.seed)
    evaluate = against(rival, options.style_layer, eye, _objective(options, eye, level.size, own))
    if begun is None:
        begun = beginning(options, level.size, own, seen[0], options.white)
    return _steps(level, evaluate, Duel(Adam(options.learning_rate, betas=BETAS), rival), begun, saved)


def level_of(options: Mdan, photograph: Size) -> Level:
    """The size of the picture, and the closures spent at it."""
    size = photograph if options.size == "full" else fit(photograph, options.size, by=options.measure)
    return Level(size, options.iterations)


def painting_size(options: Mdan, size: Size, painting: Size, scale: float = 1.0) -> Size:
    """The size at which a painting is looked at, for a photograph at a size; `scale`: of one of its copies."""
    pixels = max(1, round(measured(size, options.measure) * options.style_scale * scale))
    return fit(painting, pixels, by=options.measure)


def _steps(level: Level, evaluate: Evaluate, duel: Duel, start: Image, saved: Saved | None) -> Iterator[Progress]:
    # Losses of different rivals do not compare: only what is not finite is trouble.
    optimizer, canvas = Guard(duel, explosion=inf), Pixels()
    spent, point = 0, canvas.point(start)
    if saved is not None:
        _, spent, point, _ = resume(saved, optimizer, start.device)
    for step in minimize(canvas, evaluate, optimizer, level.closures, point=point, spent=spent):
        yield Progress([level], 0, step, optimizer)


@torch.no_grad()
def _bank(options: Mdan, encoder: Encoder, size: Size, paintings: Sequence[Image]) -> list[Feature]:
    """What the network sees, at the style layer, of all copies of the paintings."""
    tap, smallest = options.style_layer, encoder.smallest([options.style_layer])
    found = (
        copies(one, painting_size(options, size, Size.of(one)), options.turns, options.scales, options.mirrored)
        for one in paintings
    )
    return [encoder(copy, [tap])[tap] for every in found for copy in every if min(Size.of(copy)) >= smallest]


@torch.no_grad()
def _objective(options: Mdan, encoder: Encoder, size: Size, photograph: Image) -> Objective:
    """Content, as a share of what the photograph has at its layer, and smoothness."""
    layer = options.content_layer
    target = encoder(resize(photograph, size, clamp=True), [layer])[layer]
    energy = float(target.square().sum()) or 1.0
    content = Objective.one(f"content:{layer}", Content(layer, target, 1 / energy), options.content_weight)
    return content + smooth_objective("mean", options.smoothness, size, options.white)


def _patches(options: Mdan) -> Patches:
    return Patches(options.patch, options.patch_stride)


def _pictured(painting: Image | KeptStyle) -> Image:
    if isinstance(painting, KeptStyle):
        raise InputError(f"of {painting.source} only the style is kept, and patches are wanted: give the painting.")
    return painting


def _require_cells(options: Mdan, encoder: Encoder, size: Size) -> None:
    cells, needed = encoder.cells(options.style_layer, size), _patches(options).seen
    if min(cells) < needed:
        raise InputError(f"at {size} pixels {options.style_layer} has {cells} cells, and {needed} are needed a side.")
