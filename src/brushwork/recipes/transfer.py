"""Transfer: the content of a photograph in the style of paintings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from brushwork.errors import InputError
from brushwork.perception import Encoder
from brushwork.picture.read import Source
from brushwork.picture.window import Size
from brushwork.recipes.coarse_to_fine import Progress, Saved, coarse_to_fine, levels
from brushwork.recipes.coloring import Coloring, finished, finishing, recolored
from brushwork.recipes.guides import Carrying
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.options import (
    Descending,
    Seeing,
    Sizing,
    Starting,
    Weighing,
    WeighingContent,
    WeighingStyle,
    check,
    require,
)
from brushwork.recipes.pictures import Paintings, Pictures, as_paintings
from brushwork.recipes.regions import Region
from brushwork.recipes.scales import require_style_scale
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.share import ALONE, Alone, Share
from brushwork.recipes.start import beginning
from brushwork.recipes.subject import Subject
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class Transfer(Sizing, WeighingContent, WeighingStyle, Weighing, Coloring, Starting, Descending, Seeing):
    """Options of a style transfer."""

    style_blend: tuple[float, ...] = ()
    """Weight of each painting in the blend, one for each (of one painting at several scales: for each scale); none:
    equal weights."""

    grain: float = 15.0
    """Standard deviation, on the scale 0 to `white`, of noise that is added to a photograph or a painting to start
    from: without it flat parts are painted on the network's grid. 0 as the published programs."""

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
        require(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require_style_scale(self.style_scale)


def transfer(
    photograph: Source,
    paintings: Paintings,
    options: Transfer,
    *,
    encoder: Encoder | None = None,
    start: Source | None = None,
    saved: Saved | None = None,
    share: Share = ALONE,
    regions: Sequence[Region] = (),
) -> Iterator[Progress]:
    """Paint a photograph in the style of one or more paintings, step by step.

    Pictures are whatever `as_image` takes: paths, Pillow images, arrays, tensors. A photograph that is a tensor lies
    on the device to paint on. `encoder` stands in for the network that the options name (its device and its type are
    painted with), `start` for their starting point; `saved` goes on where a former painting stopped, and ends bit for
    bit as it would have.
    What is yielded is this process's `share` of the picture. With `regions`, each part is painted after a part of a
    painting.

    Raises: InputError: options or pictures that cannot be used. Diverged: the optimization failed for good.
    Source: Gatys, Ecker, Bethge, 1508.06576.
    """
    given = Pictures.of(photograph, as_paintings(paintings), start, regions)
    eye = encoder or encoder_for(options, given.content.device)
    own, seen, begun, parts = given.to(eye)
    content, styles = recolored(options, own, seen)
    subject = Subject(content, styles, options, eye, share, parts)
    subject.require_usable()
    plan = levels(Size.of(own), options.size, options.measure, options)
    if begun is None:
        begun = beginning(options, plan[0].size, content, _to_start_from(styles[0], content, options), options.white)
    steps = coarse_to_fine(plan, subject.evaluate_at, begun, options, saved, share)
    # A part of a picture has no colors of its own: they are changed where the parts are put together.
    return finishing(steps, partial(finished, options, own)) if isinstance(share, Alone) else steps


def _to_start_from(painting: Image | KeptStyle, photograph: Image, options: Transfer) -> Image:
    """The painting; where there is only its style, nothing may start from it, and the photograph stands in.

    Raises: InputError: the start is to be a painting, and only its style is there.
    """
    if not isinstance(painting, KeptStyle):
        return painting
    if options.start == "style":
        raise InputError(f"the start is style, and of {painting.source} only the style is kept: take another start.")
    return photograph
