"""The descriptor of a network: its purposes, and the images that it takes."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, TypeAlias

Purpose: TypeAlias = Literal["stylize", "texture", "super-resolution"]


class ModelSpec(NamedTuple):
    """Purposes of a network, and the images that it takes; the configuration of its architecture gives them.

    The descriptor does not say whether tiles are possible: tracing the network finds that out.
    """

    purposes: tuple[Purpose, ...]
    """`stylize`: photographs, at their own size; `texture`: textures from noise; `super-resolution`: larger images."""

    stride: int = 1
    """Pixels per position of the coarsest feature map; sides that are no multiple are padded, and the result is
    cropped."""

    min_size: int = 1
    """Minimum side in pixels of a training image; smaller photographs are padded for stylization."""

    scale: int = 1
    """Side of the output, relative to that of the input."""

    needs_noise: bool = False
    """Whether the network also takes noise, which makes its output depend on a seed."""

    @property
    def takes_photographs(self) -> bool:
        """Whether the input is a photograph; else the network only generates textures."""
        return self.purposes != ("texture",)


class ModelConfig(Protocol):
    """Configuration of an architecture: a frozen dataclass of numbers, words and tuples of them.

    It checks itself on construction, and raises InputError.
    """

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of the networks with this configuration."""
