"""Patch discriminator, trained online against the optimized image.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from brushwork.errors import InputError
from brushwork.images.crop_pad import pad
from brushwork.images.geometry import Size
from brushwork.losses.patch_matching import PatchGrid
from brushwork.optim.saved_state import get_count, get_entry, to_tensor
from brushwork.recipes.adversarial_training import ADAM_BETAS, LEAKY_SLOPE, hinge_loss, initialize_weights
from brushwork.types import Feature, Scalar, State

_VIEWS = 8
"""Number of style windows per update, each half as high and wide as the smallest style feature map."""

_PREFIX = "discriminator."

_PRIME = 1_000_003

Draw: TypeAlias = Callable[[int], int]
"""Function that draws a random integer from 0 up to, but not including, the given one."""


class OnlineDiscriminator:
    """Patch discriminator trained online against the optimized image.

    Its random numbers depend on the seed and the number of the update. Its `state` is from before its last update: a
    resumed optimizer evaluates the image once more, and the discriminator repeats that update.

    Raises: InputError: no copy of the style images is large enough for a patch.
    """

    def __init__(self, bank: Sequence[Feature], patches: PatchGrid, rate: float, seed: int) -> None:
        self._style_features = [
            reflect_pad(one, patches) for one in bank if min(Size.of(one)) >= receptive_field(patches)
        ]
        if not self._style_features:
            raise InputError(
                f"the style images are too small for patches of {patches.side} positions: take a larger size."
            )
        self._patches, self._seed, self._steps = patches, seed, 0
        self._view = [
            max(receptive_field(patches), min(sides) // 2)
            for sides in zip(*map(Size.of, self._style_features), strict=True)
        ]
        discriminator = PatchDiscriminator(self._style_features[0].shape[1], patches)
        initialize_weights(discriminator, seed)
        self._discriminator = discriminator.to(self._style_features[0])
        self._adam = torch.optim.Adam(self._discriminator.parameters(), lr=rate, betas=ADAM_BETAS)
        self._shift = (0, 0)
        self._before = self._now()

    def update(self, image: Feature) -> None:
        """Take one training step on the image's features and windows of the style features."""
        self._before = self._now()
        draw = self._sample()
        self._shift = (draw(self._patches.stride), draw(self._patches.stride))
        views = torch.cat([self._window(draw) for _ in range(_VIEWS)])
        self._adam.zero_grad()
        loss = hinge_loss(self._discriminator(views), real=True) + hinge_loss(
            self._discriminator(self._crop_shifted(image.detach())), real=False
        )
        loss.backward()  # type: ignore[no-untyped-call]
        self._adam.step()
        self._steps += 1

    def generator_loss(self, image: Feature) -> Scalar:
        """Compute the hinge loss of the image's patches, which should be classified as patches of a style image.

        Differs: the authors' patches lie at fixed positions. Here a random shift at each update covers all positions,
        and no position is always at the same place in a patch.
        """
        self._discriminator.requires_grad_(False)
        try:
            return hinge_loss(self._discriminator(self._crop_shifted(image)), real=True)
        finally:
            self._discriminator.requires_grad_(True)

    def state(self) -> State:
        """Return the weights and Adam's moments from before the last update."""
        return self._before

    def load(self, state: State) -> None:
        """Load a saved state.

        Raises: InputError: it is not a discriminator's state.
        """
        self._steps = get_count(state, f"{_PREFIX}steps")
        for name, weight in self._discriminator.named_parameters():
            kept = {part: get_entry(state, f"{_PREFIX}{part}.{name}") for part in ("weight", "mean", "square")}
            weight.data.copy_(kept["weight"])
            self._adam.state[weight] = {
                "step": torch.tensor(float(self._steps)),
                "exp_avg": kept["mean"].to(weight.device),
                "exp_avg_sq": kept["square"].to(weight.device),
            }
        self._before = self._now()

    def _now(self) -> State:
        """Return a copy of all that training changes."""
        kept: dict[str, Tensor] = {f"{_PREFIX}steps": to_tensor(self._steps)}
        for name, weight in self._discriminator.named_parameters():
            memory: Mapping[str, Tensor] = self._adam.state.get(weight, {})
            nothing = torch.zeros_like(weight)
            kept[f"{_PREFIX}weight.{name}"] = weight.detach().clone()
            kept[f"{_PREFIX}mean.{name}"] = memory.get("exp_avg", nothing).clone()
            kept[f"{_PREFIX}square.{name}"] = memory.get("exp_avg_sq", nothing).clone()
        return kept

    def _sample(self) -> Draw:
        generator = torch.Generator().manual_seed((self._seed * _PRIME + self._steps) % 2**63)
        return lambda below: int(torch.randint(below, (), generator=generator))

    def _window(self, draw: Draw) -> Feature:
        copy = self._style_features[draw(len(self._style_features))]
        height, width = self._view
        top, left = draw(copy.shape[-2] - height + 1), draw(copy.shape[-1] - width + 1)
        return copy[..., top : top + height, left : left + width]

    def _crop_shifted(self, image: Feature) -> Feature:
        """Return the padded feature map, without as many of its first rows and columns as the current shift says."""
        down, right = self._shift
        return reflect_pad(image, self._patches)[..., down:, right:]


class PatchDiscriminator(nn.Module):
    """Network that scores each patch of a feature map, high for style patches.

    Layers: leaky ReLU – 3×3 convolution – batch norm – leaky ReLU – convolution over the full patch. It has no padding,
    and uses batch statistics. It has no biases: the authors set those of convolutions to 0 at each step.

    Differs: the authors cut the patches out and pad each with zeros; here the 3×3 convolution covers the positions
    around the patch.
    """

    def __init__(self, channels: int, patches: PatchGrid) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 3, bias=False)
        self.norm = nn.BatchNorm2d(channels, track_running_stats=False)
        self.score = nn.Conv2d(channels, 1, patches.side, patches.stride, bias=False)

    def forward(self, feature: Feature) -> Feature:
        mixed = self.norm(self.mix(functional.leaky_relu(feature, LEAKY_SLOPE)))
        scores: Feature = self.score(functional.leaky_relu(mixed, LEAKY_SLOPE))
        return scores


def receptive_field(patches: PatchGrid) -> int:
    """Return the side of a score's receptive field, in positions: a patch and the border of its 3×3 convolution."""
    return patches.side + 2


def reflect_pad(feature: Feature, patches: PatchGrid) -> Feature:
    """Pad a feature map by reflection, so that border positions lie in as many patches as others.

    Differs: the authors' patches end at the border; they average gradients over the patches of a position instead.
    """
    margin = receptive_field(patches) // 2
    return pad(feature, top=margin, bottom=margin, left=margin, right=margin)
