"""Style losses by name: what each needs, how to make it, and the registry that `--loss` reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from brushwork._lazy import import_modules
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.losses.loss import AnyLoss
from brushwork.losses.moments import GaussianTarget, LayerStatistics, Positions
from brushwork.losses.names import REGISTERED
from brushwork.types import Feature, Guides

_WHOLE_ONLY = "the losses neighbors and hypercolumns cannot be restricted to regions: use another loss."


@dataclass(frozen=True, kw_only=True)
class StyleTarget(ABC):
    """The style at one layer, from which a style loss is made: style images, or a region of one.

    Each property is computed when it is read.
    """

    layer: str
    """Encoder layer."""
    seed: int = 0
    """Seed for random numbers."""
    image_size: Size | None = None
    """Size of the optimized image; None if only saved statistics are available."""

    @property
    @abstractmethod
    def statistics(self) -> LayerStatistics:
        """Moments of the style, blended over the style images."""

    @property
    @abstractmethod
    def gaussian(self) -> GaussianTarget:
        """Mean and covariance, blended over the style images."""

    @property
    @abstractmethod
    def features(self) -> Sequence[Feature]:
        """Features of each style image; for a region, its positions in one row."""

    @property
    @abstractmethod
    def map_size(self) -> Size:
        """Size of the optimized image's map."""

    @property
    def samples(self) -> Float[Tensor, "c n"]:
        """Features of the style images, in four orientations, at random positions.

        Raises: InputError: the target is a region.
        """
        raise InputError(_WHOLE_ONLY)

    @property
    def matched(self) -> Feature:
        """This layer of the style's hypercolumns nearest to the content image's, on the content's grid.

        Raises: InputError: the target is a region, or there is no content image.
        """
        raise InputError(_WHOLE_ONLY)

    @property
    def guide(self) -> Guides | None:
        """Weight of each position of the optimized image, one map of mean 1; None: equal weights."""
        return None

    @property
    def positions(self) -> Positions | None:
        """The positions of the optimized image that count; None: all."""
        return None


@runtime_checkable
class Norms(Protocol):
    """Factors that turn squared differences into losses, as the normalization defines them."""

    @property
    def gram_norm(self) -> Callable[[Tensor], float]:
        """Factor of the squared distance from a Gram or covariance matrix, averaged over positions."""

    @property
    def mean_std_norm(self) -> Callable[[LayerStatistics], float]:
        """Factor of squared distances between features, or between means or standard deviations."""


class RegionStatistics(NamedTuple):
    """The statistics of all regions at one layer, from which one style loss is made."""

    layer: str
    guides: Guides
    """Weight of each position of the optimized image, for each region; see `normalize_guides`."""
    statistics: Sequence[LayerStatistics]
    """Moments of each region, in its style image."""
    weights: Float[Tensor, "r"]
    """Each region's fraction of the loss's weight."""


@dataclass(frozen=True, kw_only=True)
class StyleLossSpec:
    """A style loss with a name, as its file registers it: `register_loss(StyleLossSpec(name=…, help=…, make=…))`."""

    name: str
    """Its name in `--loss`; losses are reported as NAME:LAYER."""

    help: str
    """What it compares, in a few words."""

    make: Callable[[StyleTarget, Norms], AnyLoss]
    """Function that makes the loss at one layer, with weight 1."""

    needs_image: bool = True
    """Whether it reads more of its target than `statistics`, all that a style file has."""

    needs_content: bool = False
    """Whether it reads its target's `matched`, which depends on the content image."""

    regions: Literal["guide", "positions"] | None = None
    """What it reads from its target to apply to a region; None: it cannot be restricted to regions."""

    make_regions: Callable[[RegionStatistics, Norms], AnyLoss] | None = None
    """Function that makes one loss for all regions together; None: `make` makes one for each."""

    is_per_image: bool = False
    """Whether each of several style images has its own weighted loss; otherwise one loss takes them together."""

    is_blended: bool = True
    """Whether several style images can have weights."""

    balance: float = 1.0
    """Factor in the normalization `relative` that makes the loss as strong as Gram matrices.

    With this factor, the loss alone, with the weights of `default`, preserves about as much content as they do: except
    for hypercolumns, its final content loss is within 14 % of theirs (the examples bridge after van Gogh and cat after
    Hokusai; 160 pixels, 40 iterations). docs/controls.md has the figures.
    """

    label: str = ""
    """Name under which it is reported, if not `name`."""


def register_loss(spec: StyleLossSpec) -> StyleLossSpec:
    """Add a style loss to those that `--loss` accepts by name, and return it."""
    REGISTERED[spec.name] = spec
    return spec


def style_losses() -> Mapping[str, StyleLossSpec]:
    """Return all style losses by name; those that need only saved statistics come first."""
    import_modules("brushwork.losses", "register_loss(")
    return {spec.name: spec for spec in sorted(REGISTERED.values(), key=lambda spec: (spec.needs_image, spec.name))}
