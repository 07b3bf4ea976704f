"""The descriptor of a network: what it is for, and which images it takes."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, TypeAlias

Purpose: TypeAlias = Literal["stylize", "texture", "super-resolution"]


class ModelSpec(NamedTuple):
    """What a network is for, and which images it takes; given by the configuration of its architecture.

    Whether it can be evaluated in tiles is not part of it: tracing the network finds that out.
    """

    purposes: tuple[Purpose, ...]
    """`stylize`: photographs, at their own size; `texture`: textures from noise; `super-resolution`: larger images."""

    stride: int = 1
    """Pixels per position of the coarsest feature map; other sizes are padded, and cropped in the result."""

    min_size: int = 1
    """Minimum side in pixels of an image in training; smaller photographs are padded when they are stylized."""

    scale: int = 1
    """Sides of the output, relative to the input."""

    needs_noise: bool = False
    """Whether the network also takes noise, so that its output depends on a seed."""

    @property
    def takes_photographs(self) -> bool:
        """Whether the input is a photograph; else the network only generates textures."""
        return self.purposes != ("texture",)


class ModelConfig(Protocol):
    """Configuration of an architecture: a frozen dataclass of numbers, words and tuples of them.

    It checks itself when it is made, and raises InputError.
    """

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of the networks with this configuration."""
