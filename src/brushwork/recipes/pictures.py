"""What a recipe is given to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias, cast

from brushwork.errors import InputError
from brushwork.folders import expanded
from brushwork.perception import Encoder
from brushwork.picture.convert import as_image, is_source
from brushwork.picture.read import Source
from brushwork.recipes.kept_style import ENDING, KeptStyle
from brushwork.recipes.options import require_size
from brushwork.recipes.regions import Region
from brushwork.types import Image

Painting: TypeAlias = Source | KeptStyle
"""A painting, or the style that was kept of one; a path that ends with .style is that of a kept style."""

Paintings: TypeAlias = Painting | Iterable[Painting]
"""One painting, or several."""


_NOISE = 1.0
"""How far a start may lie out of [0, 1]: noise has no bounds of its own."""


class Pictures(NamedTuple):
    """What a recipe is given to look at."""

    content: Image
    """The photograph that is painted; the picture of a reconstruction or a texture."""
    paintings: tuple[Image | KeptStyle, ...] = ()
    start: Image | None = None
    regions: tuple[Region, ...] = ()
    """Of a transfer: which part is painted after which part of a painting; none: all of it after all of them."""

    @classmethod
    def of(
        cls,
        content: Source,
        paintings: tuple[Image | KeptStyle, ...] = (),
        start: Source | None = None,
        regions: Sequence[Region] = (),
        *,
        what: str = "the photograph",
    ) -> Self:
        """Whatever pictures were given as, as images; `what` names the first in errors. Paintings: see `as_paintings`.

        Raises: InputError: one that cannot be used.
        """
        image = as_image(content, what)
        require_size(image, what)
        begun = None if start is None else as_image(start, "the start", beyond=_NOISE)
        for name, one in (*(("a painting", one) for one in paintings), ("the start", begun)):
            if isinstance(one, KeptStyle) or one is None:
                continue
            if len(one) not in (1, len(image)):
                raise InputError(
                    f"{name} holds {len(one)} pictures, and {what} {len(image)}: give one, or one for each."
                    + (" Several paintings are given as a list." if name == "a painting" else "")
                )
        return cls(image, paintings, begun, tuple(regions))

    def to(self, encoder: Encoder) -> Self:
        """The same on the network's device, in the type that it computes in."""
        like = encoder.preprocess.mean
        return self._replace(
            content=self.content.to(like),
            paintings=tuple(
                one.to(like.device) if isinstance(one, KeptStyle) else one.to(like) for one in self.paintings
            ),
            start=None if self.start is None else self.start.to(like),
            regions=tuple(region.to(like.device) for region in self.regions),
        )


def as_paintings(paintings: Paintings) -> tuple[Image | KeptStyle, ...]:
    """One painting or several, as images or kept styles.

    Raises: InputError: none at all, or one that cannot be used.
    """
    if isinstance(paintings, KeptStyle) or is_source(paintings) or not isinstance(paintings, Iterable):
        return (_as_painting(cast(Painting, paintings)),)
    seen = tuple(_as_painting(one) for one in cast(Iterable[Painting], paintings))
    if not seen:
        raise InputError("no painting was given: name at least one, whose style is taken.")
    return seen


def _as_painting(painting: Painting) -> Image | KeptStyle:
    if isinstance(painting, KeptStyle):
        return painting
    if isinstance(painting, str | PathLike) and Path(painting).suffix.lower() == ENDING:
        return KeptStyle.read(expanded(painting))
    image = as_image(painting, "a painting")
    require_size(image, "a painting")
    return image
