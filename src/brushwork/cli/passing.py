"""The flags of painting in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from brushwork.errors import InputError

FEED_FORWARD = Group("One pass", help="Painting at once, without optimizing.", sort_key=3)


@Parameter(name="*", group=FEED_FORWARD)
@dataclass(frozen=True, kw_only=True)
class FeedForwardFlags:
    """Whether and how a picture is painted in one pass."""

    instant: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """Paint in one pass, in a second: a preview of any painting's style, by AdaIN. Sizes, scales, blends, regions and
    colors are as in painting; what only the optimization has is left aside."""

    model: str | None = None
    """Paint in one pass by a network that has learned one style, at the photograph's own size: its file, or a name
    that `brushwork models` lists. No painting is given then."""

    strength: Annotated[float | None, Parameter(show_default="1")] = None
    """With --instant or --model: how far the picture is painted, from 0 (the photograph) to 1."""

    statistics: Annotated[Literal["exact", "frozen"] | None, Parameter(show_default="exact")] = None
    """With --model: means and deviations in its network are those of the whole picture (exact), or of a smaller
    copy (frozen), after which tiles are painted one by one, with less memory."""

    def require_consistent(self) -> None:
        """Refuse flags that mean nothing here.

        Raises: InputError.
        """
        if self.statistics is not None and self.model is None:
            raise InputError("--statistics is of painters: give --model NAME too.")
        if self.strength is not None and not (self.instant or self.model):
            raise InputError(
                "--strength is of what is painted at once: add --instant or --model, or weigh with --style-weight."
            )
