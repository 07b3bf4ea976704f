"""Options for training an MGAN."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from brushwork.feedforward.networks.configs import MGAN_STRIDE, MGANConfig
from brushwork.options import SMALLEST_SIDE, check_options, require_option
from brushwork.recipes import MDANOptions
from brushwork.training.options import TrainingOptions, copy_fields

_LEAST_BLOCK = 64
"""Minimum side of a block in pixels; all scores of smaller blocks lie at the border."""


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """Target images, which MDAN optimizes before training."""

    targets: int = 24
    """Number of photographs optimized as targets; the authors used 100. With 0, the discriminator's real examples are
    blocks of the style image, and the content is that of the photograph."""

    target_size: int = 384
    """Long side of the targets in pixels; also the size at which the style image is encoded."""

    target_iterations: int = 125
    """Evaluations per target."""

    def __post_init__(self) -> None:
        require_option(self.targets >= 0, "targets", self.targets, "0 or more")
        require_option(self.target_iterations >= 1, "target_iterations", self.target_iterations, "1 or more")
        least = SMALLEST_SIDE
        require_option(self.target_size >= least, "target_size", self.target_size, f"{least} pixels or more")


@dataclass(frozen=True, kw_only=True)
class BlockOptions:
    """Blocks that images are cut into."""

    block: int = 128
    """Side of a block in pixels; a multiple of 8."""

    rotations: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles in degrees by which blocks are randomly rotated."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which blocks are randomly scaled."""

    mirror: bool = True
    """Whether blocks are mirrored with probability 1/2."""

    def __post_init__(self) -> None:
        fits = self.block >= _LEAST_BLOCK and self.block % MGAN_STRIDE == 0
        require_option(fits, "block", self.block, f"a multiple of {MGAN_STRIDE}, {_LEAST_BLOCK} or more")
        require_option(bool(self.rotations), "rotations", "empty", "one angle or more; 0 for blocks as they are")
        require_option(
            all(-45 <= one <= 45 for one in self.rotations), "rotations", self.rotations, "from -45 to 45 degrees"
        )
        require_option(bool(self.scales), "scales", "empty", "one factor or more; 1 for blocks as they are")
        require_option(all(0 < one < inf for one in self.scales), "scales", self.scales, "above 0, and finite")


@dataclass(frozen=True, kw_only=True)
class MGANTrainingOptions(TrainingOptions, TargetOptions, BlockOptions, MGANConfig):
    """Options for training on a style against a patch discriminator.

    Source: Li & Wand, 1604.04382, section 5, and the authors' program.
    Differs: the losses are fractions of the target's energy, with weights chosen by eye; the batch is smaller.
    """

    iterations: int = 1000
    """Number of training batches."""

    batch: int = 8
    """Blocks per batch, over all processes; the authors used 64."""

    learning_rate: float = 0.002
    """Adam's learning rate, for both generator and discriminator; the authors used 0.02, with batches of 64."""

    schedule: Literal["constant", "cosine", "steps"] = "cosine"
    """Learning rate schedule: constant, as the authors used; cosine decay to 0; or steps, which multiply it by `decay`
    every `decay_every` iterations."""

    content: Literal["features", "pixels"] = "features"
    """Content of the target to preserve: its features at conv4_1, which the paper prefers, or its pixels, as in the
    authors' program."""

    content_weight: float = 1.0
    """Weight of the content loss, a fraction of the target's energy; 0 or more."""

    adversarial_weight: float = 0.1
    """Weight of the generator's adversarial loss; 0 or more."""

    def __post_init__(self) -> None:
        check_options(self)
        for name in ("content_weight", "adversarial_weight"):
            require_option(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")
        possible = self.targets > 0 or self.content == "features"
        require_option(possible, "content", self.content, "features, where there are no targets")

    @property
    def architecture(self) -> MGANConfig:
        """The architecture's options alone."""
        return copy_fields(self, MGANConfig)

    @property
    def photo_size(self) -> int:
        """Maximum short side of a training photograph, in pixels."""
        return self.target_size

    @property
    def target_options(self) -> MDANOptions:
        """Options for optimizing the targets."""
        return MDANOptions(
            size=self.target_size,
            iterations=self.target_iterations,
            network=self.network,
            rotations=self.rotations,
            scales=self.scales,
            mirror=self.mirror,
            seed=self.seed,
        )
