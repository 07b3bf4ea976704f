"""Train an MGAN decoder against a patch discriminator.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import nn

from brushwork.encoders import Encoder
from brushwork.encoders.torch_flags import exact_precision
from brushwork.errors import InputError
from brushwork.feedforward.networks.mgan import LAYER, MGANNetwork
from brushwork.images.crop_pad import crop
from brushwork.images.geometry import Size
from brushwork.recipes.adversarial_training import ADAM_BETAS, LEAKY_SLOPE, hinge_loss, initialize_weights
from brushwork.training.augment import sample_blocks
from brushwork.training.task import MODEL, OptimizerStep, TrainingBatch
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from brushwork.types import Feature, Features, Image, LossValues, Scalar

DISCRIMINATOR = "discriminator"
"""Name of the discriminator in checkpoints."""

DISCRIMINATED = "conv3_1"
"""Layer whose patches the discriminator sees."""

_WIDER = 2


class TrainingPair(NamedTuple):
    """A photograph and its stylized version, the target of the generator."""

    content: Image
    stylized: Image


class MGANData(NamedTuple):
    """Training data: pairs, or style images for training without targets."""

    pairs: Sequence[TrainingPair] = ()
    val_images: Sequence[TrainingPair] = ()
    """Held-out pairs for validation."""
    styles: Sequence[Image] = ()


class MGANTask:
    """Training of an MGAN on pairs stylized by MDAN, or on photographs and blocks of the style images.

    With several processes, batch norm uses the statistics of each process, so two do not learn exactly what one does.
    """

    def __init__(self, data: MGANData, options: MGANTrainingOptions, encoder: Encoder) -> None:
        """Set up the task; all images and the encoder must be on the training device.

        Raises: InputError: there is no training data, or an image is smaller than a block.
        """
        self.options, self.model_config, self._data, self._encoder = options, options.architecture, data, encoder
        self._real = [torch.cat(pair, dim=1) for pair in data.pairs] or list(data.styles)
        _require_large(self._real, options.block)
        self.crop = 0 if data.pairs else options.block
        device = self._real[0].device
        self._model = MGANNetwork(self.model_config, encoder).to(device)
        self._discriminator = BlockDiscriminator(_channels(encoder)).to(device)
        initialize_weights(self._model, options.seed)
        initialize_weights(self._discriminator, options.seed + 1)
        self.networks: Mapping[str, nn.Module] = {MODEL: self._model, DISCRIMINATOR: self._discriminator}
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(network.parameters(), options.learning_rate, betas=ADAM_BETAS)
            for name, network in self.networks.items()
        }

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """Yield the loss of the discriminator, then that of the generator, on the same blocks."""
        photos, targets, real = self._sample_batch(batch)
        painted = self._model(photos).float()
        with exact_precision(painted.device):  # the encoder has its own precision
            features, requested = self._encoder(painted, [DISCRIMINATED, LAYER]), self._target_features(targets)
            known = requested if real is targets else self._target_features(real)
            d_loss = hinge_loss(self._discriminator(known[DISCRIMINATED]), real=True) + hinge_loss(
                self._discriminator(features[DISCRIMINATED].detach()), real=False
            )
        yield OptimizerStep(DISCRIMINATOR, LossValues(d_loss, {"discriminator": d_loss}))
        self._discriminator.requires_grad_(False)
        try:
            with exact_precision(painted.device):
                losses = self._losses(painted, features, targets, requested)
            yield OptimizerStep(MODEL, losses)
        finally:
            self._discriminator.requires_grad_(True)

    @torch.no_grad()
    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """Return the content and adversarial losses of the generator on held-out images."""
        photos, targets = self._validation_targets(batch)
        painted = self._model(photos).float()
        with exact_precision(painted.device):
            features, requested = self._encoder(painted, [DISCRIMINATED, LAYER]), self._target_features(targets)
            total, terms = self._losses(painted, features, targets, requested)
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def sample(self, batch: TrainingBatch) -> Image:
        """Return the generator's outputs, in pairs below the photographs and their targets."""
        photos, targets = self._validation_targets(batch)
        painted = self._model(photos).float()
        rows = [photos, targets, painted] if self._data.pairs else [painted]
        return torch.cat(rows, dim=-2)

    def _losses(self, painted: Image, features: Features, targets: Image, requested: Features) -> LossValues:
        """Return the generator's losses: the difference from the target, and the adversarial hinge loss."""
        options = self.options
        pixels = options.content == "pixels"
        kept = options.content_weight * (
            _share(painted, targets) if pixels else _share(features[LAYER], requested[LAYER])
        )
        adversarial = options.adversarial_weight * hinge_loss(self._discriminator(features[DISCRIMINATED]), real=True)
        return LossValues(kept + adversarial, {"content": kept, "style": adversarial})

    def _sample_batch(self, batch: TrainingBatch) -> tuple[Image, Image, Image]:
        """Return photographs, content targets, and real images for the discriminator."""
        drawn = sample_blocks(self._real, batch, self.options)
        if self._data.pairs:
            photos, painted = drawn[:, :3], drawn[:, 3:]
            return photos, painted, painted
        return batch.photos, batch.photos, drawn

    def _validation_targets(self, batch: TrainingBatch) -> tuple[Image, Image]:
        """Return held-out photographs and their content targets."""
        if not self._data.pairs:
            photos, kept, _ = self._sample_batch(batch)
            return photos, kept
        pairs = self._data.val_images or self._data.pairs[:1]
        block = Size(self.options.block, self.options.block)
        photos, painted = (torch.cat([crop(one, block) for one in which]) for which in zip(*pairs, strict=True))
        return photos, painted

    @torch.no_grad()
    def _target_features(self, real: Image) -> Features:
        found: Features = self._encoder(real, [DISCRIMINATED, LAYER])
        return found


def _share(given: Feature, requested: Feature) -> Scalar:
    """Return the squared difference from the requested features, as a fraction of their energy."""
    return (given - requested).square().sum() / requested.square().sum().clamp_min(torch.finfo(requested.dtype).tiny)


def _channels(encoder: Encoder) -> int:
    """Return the number of channels of the discriminator's input."""
    side = encoder.min_size([DISCRIMINATED])
    device = next(encoder.parameters()).device
    return int(encoder(torch.zeros(1, 3, side, side, device=device), [DISCRIMINATED])[DISCRIMINATED].shape[1])


def _require_large(images: Sequence[Feature], block: int) -> None:
    if not images:
        raise InputError("no style image was given: give at least one.")
    for one in images:
        if min(Size.of(one)) < block:
            raise InputError(f"a picture of {Size.of(one)} holds no block of {block} pixels: use a larger target-size.")


class BlockDiscriminator(nn.Module):
    """Patch discriminator on conv3_1 features, with 8×8 scores for a block of 128².

    Leaky ReLU – 4×4 by 2 – batch norm – leaky ReLU – 4×4 by 2 – batch norm – leaky ReLU – 1×1. Border scores, which
    depend on positions outside the block, are discarded.

    Source: Li & Wand, 1604.04382, fig. 4, and the authors' program.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = _WIDER * channels
        self.layers = nn.Sequential(
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv2d(channels, channels, 4, 2, padding=1, bias=False),
            nn.BatchNorm2d(channels, track_running_stats=False),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv2d(channels, wide, 4, 2, padding=1, bias=False),
            nn.BatchNorm2d(wide, track_running_stats=False),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv2d(wide, 1, 1, bias=False),
        )

    def forward(self, feature: Feature) -> Feature:
        scores: Feature = self.layers(feature)
        return scores[..., 1:-1, 1:-1]
