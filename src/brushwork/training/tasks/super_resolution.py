"""Train a super-resolution network with a perceptual loss against the image before downsampling.

Source: Johnson, Alahi, Fei-Fei, 1603.08155, section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import nn

from brushwork.encoders import Encoder
from brushwork.encoders.torch_flags import exact_precision
from brushwork.feedforward.model import StyleModel
from brushwork.images.blur import gaussian_blur, kernel_radius
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import content_objective, tv_objective
from brushwork.training.builders import make_adam, make_network
from brushwork.training.config import TrainingConfig
from brushwork.training.task import MODEL, OptimizerStep, TrainingBatch
from brushwork.training.tasks.super_resolution_options import SuperResolutionTrainingOptions
from brushwork.types import Image, LossValues


class SuperResolutionTask:
    """Training of a super-resolution network."""

    def __init__(self, options: SuperResolutionTrainingOptions, encoder: Encoder) -> None:
        """Set up the task; the encoder must be on the training device."""
        self.options, self.model_config, self.crop = options, options.architecture, options.crop
        self._encoder, self._normalization = encoder, NORMALIZATIONS["authors"]
        self._network = make_network(self.model_config, options, next(encoder.buffers()).device)
        self.networks: Mapping[str, nn.Module] = {MODEL: self._network}
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {MODEL: make_adam(self._network, options)}

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """Yield the mean loss of the crops after downsampling and super-resolution."""
        crops = batch.photos
        yield OptimizerStep(MODEL, self._losses(self._network(self.downsample(crops)).float(), crops))

    @torch.no_grad()
    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """Return the same losses on held-out photographs, and the PSNR."""
        crops = batch.photos
        larger = self._network(self.downsample(crops)).float()
        total, terms = self._losses(larger, crops)
        error = (larger.clamp(0, 1) - crops).square().mean((1, 2, 3)).clamp_min(1e-12)
        found = {"total": total, **terms, "psnr": (-10 * error.log10()).mean()}
        return {name: float(value) for name, value in found.items()}

    @torch.no_grad()
    def sample(self, batch: TrainingBatch) -> Image:
        """Return the crops after downsampling and super-resolution."""
        larger: Image = self._network(self.downsample(batch.photos))
        return larger.float()

    def downsample(self, images: Image) -> Image:
        """Return the network's input: blurred, and downsampled by bicubic interpolation."""
        side = self.options.crop // self.options.factor
        with exact_precision(images.device):
            return resize(self._blur(images), Size(side, side), clamp=True)

    def _blur(self, images: Image) -> Image:
        std = self.options.blur
        return gaussian_blur(images, std, kernel_radius(std), "reflect") if std else images

    def _losses(self, larger: Image, crops: Image) -> LossValues:
        options, fraction = self.options, 1 / len(crops)
        with exact_precision(crops.device):
            objective = content_objective(
                crops, self._encoder, options.content_layers, options.content_weight, self._normalization
            ) + tv_objective("mean", options.tv_weight, Size.of(crops), options.encoder_scale)
            _, terms = objective(self._encoder(larger, objective.layers))
        parts = {name: fraction * value for name, value in terms.items()}
        if options.pixel_weight:
            parts["pixels"] = options.pixel_weight * (255 * (larger - crops)).square().mean()
        return LossValues(torch.stack(list(parts.values())).sum(), parts)


def make_super_resolution_task(
    config: TrainingConfig, _styles: Sequence[Image], device: torch.device, _init: StyleModel | None
) -> SuperResolutionTask:
    """Build a task on a device. Raises: WeightsError."""
    options = cast(SuperResolutionTrainingOptions, config.options)
    return SuperResolutionTask(options, load_encoder_for(options, device))
