"""Style losses by name: what each needs, how it is made, and the registry that `--loss` reads."""

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
    """What a style loss is made from at one layer: style images, or a region of one. Computed when it is read."""

    layer: str
    """Encoder layer."""
    seed: int = 0
    """Seed for random numbers."""
    image_size: Size | None = None
    """Size of the optimized image; None where only saved statistics are there."""

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
        """Features of each style image; of a region, its positions in one row."""

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
        """This layer of the style's hypercolumns nearest to the content image's, on the grid of these.

        Raises: InputError: the target is a region, or there is no content image.
        """
        raise InputError(_WHOLE_ONLY)

    @property
    def guide(self) -> Guides | None:
        """Weight of each position of the optimized image, one map of mean 1; None: the same for all."""
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
    """What a style loss on all regions together is made from at one layer."""

    layer: str
    guides: Guides
    """Weight of each position of the optimized image, for each region; see `normalize_guides`."""
    statistics: Sequence[LayerStatistics]
    """Moments of each region of its style image."""
    weights: Float[Tensor, "r"]
    """Fraction of the loss's weight that each region has."""


@dataclass(frozen=True, kw_only=True)
class StyleLossSpec:
    """A style loss with a name, as its file registers it: `register_loss(StyleLossSpec(name=…, help=…, make=…))`."""

    name: str
    """Its name in `--loss`; losses are reported as NAME:LAYER."""

    help: str
    """What it compares, in a few words."""

    make: Callable[[StyleTarget, Norms], AnyLoss]
    """Makes the loss at one layer, with weight 1."""

    needs_image: bool = True
    """Whether it reads more of its target than `statistics`, which is all that a style file has."""

    needs_content: bool = False
    """Whether it reads `matched` of its target, which follows from the content image."""

    regions: Literal["guide", "positions"] | None = None
    """What it takes from its target to apply to a region; None: it cannot be restricted to regions."""

    make_regions: Callable[[RegionStatistics, Norms], AnyLoss] | None = None
    """Makes one loss for all regions together; None: `make` makes one for each."""

    is_per_image: bool = False
    """Whether several style images are weighted losses, one each; otherwise one loss takes them together."""

    is_blended: bool = True
    """Whether the weights of several style images can be given."""

    balance: float = 1.0
    """Factor in the normalization `relative` that makes the loss as strong as Gram matrices.

    With it the loss alone, with the weights of `default`, preserves about as much content: its final content loss is
    within 14 % of theirs (bridge after van Gogh, cat after Hokusai, of the examples; 160 pixels, 40 iterations), but
    for hypercolumns; docs/controls.md has the figures.
    """

    label: str = ""
    """Name under which it is reported, if another."""


def register_loss(spec: StyleLossSpec) -> StyleLossSpec:
    """Add a style loss to those that `--loss` takes by name, and return it."""
    REGISTERED[spec.name] = spec
    return spec


def style_losses() -> Mapping[str, StyleLossSpec]:
    """Return all style losses by name, those that need only saved statistics first."""
    import_modules("brushwork.losses", "register_loss(")
    return {spec.name: spec for spec in sorted(REGISTERED.values(), key=lambda spec: (spec.needs_image, spec.name))}
