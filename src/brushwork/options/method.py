"""The interface of every method's options, for recipes and feed-forward networks, and the registry of methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Self, TypeVar

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.options.validation import name_given

Kind = TypeVar("Kind", bound="type[MethodOptions]")


class ScheduleLevel(NamedTuple):
    """One size of the image, and the iterations spent at it."""

    size: Size
    iterations: int


@dataclass(frozen=True, kw_only=True)
class MethodOptions(ABC):
    """Options of a method; they say which sizes and inputs it needs, so that other code need not know the method."""

    method: ClassVar[str]
    """Name of the method, in manifests and of `--method`."""

    summary: ClassVar[str] = ""
    """What the method does, in a few words, for the help."""

    takes_content: ClassVar[bool] = True
    """Whether it takes a content image; else it makes a texture from noise."""

    takes_styles: ClassVar[bool] = True
    """Whether it takes style images besides the content image."""

    takes_regions: ClassVar[bool] = False
    """Whether it takes masks of regions."""

    takes_init: ClassVar[bool] = True
    """Whether it can start from a given image."""

    takes_small_images: ClassVar[bool] = False
    """Whether images may have sides below `SMALLEST_SIDE`."""

    is_iterative: ClassVar[bool] = False
    """Whether it optimizes its image; jobs then have iterations and checkpoints, and also run on several processes."""

    is_opaque: ClassVar[bool] = False
    """Whether the result has no alpha channel even if the content image has one."""

    @abstractmethod
    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the sizes of the result, coarse to fine, with their iterations, for a content image of this size."""

    @abstractmethod
    def with_size(self, size: int, canvas: Size) -> Self:
        """Return the options for a result of another size, with the proportions of `canvas`."""

    @abstractmethod
    def size_in_pixels(self, canvas: Size) -> int:
        """Return the size that the options name, for a result of the size `canvas`; the inverse of `with_size`."""

    def describe_size(self, size: int) -> str:
        """Return the flags that give a size on the command line."""
        return f"--size {size}"

    def with_less_memory(self) -> Mapping[str, Self]:
        """Return options that need less memory for a result of the same size, by the flags that select them."""
        return {}

    def content_size(self, level: Size, content: Size) -> Size:
        """Return the size at which a content image is encoded while the result has the size `level`."""
        return level

    def style_sizes(self, level: Size, style: Size, number: int, styles: int) -> Mapping[float, Size]:
        """Return the sizes at which a style image is encoded while the result has the size `level`, by style scale.

        The image is number `number`, from 0, of `styles` style images.

        Raises: InputError: the options do not fit this number of style images.
        """
        return {1.0: style}

    @property
    def limits_style_sizes(self) -> bool:
        """Whether small style images are enlarged less than in proportion to the result."""
        return False

    def require_taken(
        self, *, styles: Sequence[Path], regions: Sequence[object] = (), init: Path | None = None
    ) -> None:
        """Check that the method takes the inputs given besides a content image. Raises: InputError."""
        for what, given, is_taken in (
            ("style images", styles, self.takes_styles),
            ("regions", regions, self.takes_regions),
            ("initial images", init, self.takes_init),
        ):
            if given and not is_taken:
                raise InputError(f"{what} were given, but {self.method} takes none: remove them.")

    def with_found_network(self, folder: Path, weights: str) -> Self:
        """Return the options with the present path of the network's file, in the folder of an image or elsewhere.

        `weights`: the hash of its weights; networks that belong to the package are not searched for.

        Raises: InputError: the file is missing or has changed.
        """
        return self


METHODS: dict[str, type[MethodOptions]] = {}
"""Name in manifests → options class of the method."""


def register(kind: Kind) -> Kind:
    """Add the options class of a method to `METHODS`; a class decorator."""
    METHODS[kind.method] = kind
    return kind


def require_options(given: object, *kinds: type[MethodOptions], name: str = "options") -> None:
    """Check that a value is options of one of these kinds; no kinds: of any method. Raises: InputError."""
    if not isinstance(given, kinds or MethodOptions):
        expected = " or ".join(kind.__name__ for kind in kinds) or "options, such as load_preset('default')"
        raise InputError(f"{name_given(name, given)}: give {expected}.")
