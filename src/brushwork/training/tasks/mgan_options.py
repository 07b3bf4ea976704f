"""What a Markovian painter learns from, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from typing import Literal

from brushwork.feedforward.networks.mgan import STRIDE, MGANConfig
from brushwork.options import SMALLEST_SIDE, check_options, require_option
from brushwork.recipes import MDANOptions
from brushwork.training.options import TrainingOptions

_LEAST_BLOCK = 64
"""Pixels; the judge's scores of smaller ones are all at the border."""


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """The pictures that MDAN paints first, for the painter to learn from."""

    targets: int = 24
    """Photographs that are painted; the authors took 100. 0: none; then blocks of the painting are what the judge takes
    for real, and the photograph is what is to be kept."""

    target_size: int = 384
    """Pixels of their long side; also the size at which the painting is looked at."""

    target_iterations: int = 125
    """Closures for each of them."""

    def __post_init__(self) -> None:
        require_option(self.targets >= 0, "targets", self.targets, "0 or more")
        require_option(self.target_iterations >= 1, "target_iterations", self.target_iterations, "1 or more")
        least = SMALLEST_SIDE
        require_option(self.target_size >= least, "target_size", self.target_size, f"{least} pixels or more")


@dataclass(frozen=True, kw_only=True)
class BlockOptions:
    """The blocks that pictures are cut into."""

    block: int = 128
    """Pixels along the side of a block; a multiple of 8."""

    rotations: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles, in degrees, by which blocks are turned by chance."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which they are scaled by chance."""

    mirror: bool = True
    """Whether every other one is mirrored."""

    def __post_init__(self) -> None:
        fits = self.block >= _LEAST_BLOCK and self.block % STRIDE == 0
        require_option(fits, "block", self.block, f"a multiple of {STRIDE}, {_LEAST_BLOCK} or more")
        require_option(bool(self.rotations), "rotations", "empty", "one angle or more; 0 for blocks as they are")
        require_option(
            all(-45 <= one <= 45 for one in self.rotations), "rotations", self.rotations, "from -45 to 45 degrees"
        )
        require_option(bool(self.scales), "scales", "empty", "one factor or more; 1 for blocks as they are")
        require_option(all(0 < one < inf for one in self.scales), "scales", self.scales, "above 0, and finite")


@dataclass(frozen=True, kw_only=True)
class MGANTrainingOptions(TrainingOptions, TargetOptions, BlockOptions, MGANConfig):
    """Options of learning a style against a judge of patches.

    Source: Li & Wand, 1604.04382, section 5, and the authors' program.
    Differs: the weights are shares of what is to be met, weighed by eye; the batch is smaller.
    """

    iterations: int = 1000
    """Batches to learn from."""

    batch: int = 8
    """Blocks of a batch, over all processes; 64 as the authors."""

    learning_rate: float = 0.002
    """Adam's learning rate, of painter and judge alike; the authors took 0.02, with batches of 64."""

    schedule: Literal["constant", "cosine", "steps"] = "cosine"
    """How the learning rate goes down: not at all, as the authors; along half a cosine to 0; or times `decay` every
    `decay-every` iterations."""

    content: Literal["features", "pixels"] = "features"
    """What is kept of the target: what the network sees at conv4_1, which the paper prefers, or the pixels, as the
    authors' program."""

    content_weight: float = 1.0
    """Weight of what is kept, a share of the target's energy; 0 or more."""

    adversarial_weight: float = 0.1
    """Weight of the judge's doubt; 0 or more."""

    def __post_init__(self) -> None:
        check_options(self)
        for name in ("content_weight", "adversarial_weight"):
            require_option(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")
        possible = self.targets > 0 or self.content == "features"
        require_option(possible, "content", self.content, "features, where there are no targets")

    @property
    def architecture(self) -> MGANConfig:
        """The painter's settings alone."""
        return MGANConfig(**{field.name: getattr(self, field.name) for field in fields(MGANConfig)})

    @property
    def target_options(self) -> MDANOptions:
        """How the targets are painted."""
        return MDANOptions(
            size=self.target_size,
            iterations=self.target_iterations,
            network=self.network,
            rotations=self.rotations,
            scales=self.scales,
            mirror=self.mirror,
            seed=self.seed,
        )
