"""Train a Johnson network on one style with perceptual losses.

Source: Johnson, Alahi, Fei-Fei, 1603.08155, sections 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import cast

import torch
from torch import nn

from brushwork.encoders import Encoder
from brushwork.encoders.torch_flags import exact_precision
from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.johnson import JohnsonNetwork
from brushwork.images.geometry import Size
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective, tv_objective
from brushwork.training.builders import load_loss_network, make_adam, make_network
from brushwork.training.config import TrainingConfig
from brushwork.training.task import MODEL, OptimizerStep, TrainingBatch
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.training.tasks.perceptual_loss import photo_objective, range_penalty
from brushwork.training.tasks.style_images import make_style_target
from brushwork.types import Image, LossValues


class JohnsonTask:
    """Training of a Johnson network on one style, given by one or more style images."""

    def __init__(self, styles: Sequence[Image], options: JohnsonTrainingOptions, encoder: Encoder) -> None:
        """Set up the task; the style images and the encoder must be on the training device.

        Raises: InputError: there is no style image, one is too small, or the encoder lacks a layer.
        """
        if not styles:
            raise InputError("no style image was given: give at least one.")
        self.options, self.model_config, self.crop = options, options.architecture, options.crop
        self._encoder, self._normalization = encoder, NORMALIZATIONS[options.normalization]
        self._style = make_style_target(
            styles, options.style_size, encoder, options.encoded_layers, options.style_blend
        )
        size = Size(options.crop, options.crop)
        self._fixed = style_objective(self._style, options, self._normalization) + tv_objective(
            options.tv_form, options.tv_weight, size, options.encoder_scale
        )
        self._model = cast(JohnsonNetwork, make_network(self.model_config, options, styles[0].device))
        self.networks: Mapping[str, nn.Module] = {MODEL: self._model}
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {MODEL: make_adam(self._model, options)}

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """Yield the mean perceptual loss of the stylized batch."""
        photos = batch.photos
        yield OptimizerStep(MODEL, self._losses(self._model.forward_features(photos).float(), photos))

    @torch.no_grad()
    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """Return the same losses on held-out photographs."""
        photos = batch.photos
        total, terms = self._losses(self._model.forward_features(photos).float(), photos)
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def sample(self, batch: TrainingBatch) -> Image:
        """Return the stylized batch."""
        shown: Image = self._model(batch.photos)
        return shown.float()

    def _losses(self, last: Image, photos: Image) -> LossValues:
        """Return the mean losses over the batch, without clipping its images."""
        painted = self._model.to_image(last, Size.of(photos))
        with exact_precision(photos.device):  # the encoder has its own precision
            content = photo_objective(photos, self._encoder, self.options, self._normalization, self._style)
            objective = content + self._fixed
            total, terms = objective(self._encoder(painted, objective.layers))
        fraction = 1 / len(photos)
        beyond = self.options.range_weight * range_penalty(last)
        parts = {name: fraction * value for name, value in terms.items()}
        return LossValues(fraction * total + beyond, {**parts, "range": beyond})


def make_johnson_task(
    config: TrainingConfig, styles: Sequence[Image], device: torch.device, init: StyleModel | None
) -> JohnsonTask:
    """Build a task for one style on a device, initialized from `init` if given.

    Raises: InputError: unusable style images or options; a model of another architecture. WeightsError.
    """
    options = cast(JohnsonTrainingOptions, config.options)
    encoder = load_loss_network(options, options.mixed_precision, device)
    task = JohnsonTask([one.to(device) for one in styles], options, encoder)
    if init is not None:
        task.networks[MODEL].load_state_dict(init.network.state_dict())
    return task


def with_model_architecture(
    options: JohnsonTrainingOptions, start: StyleModel, given: Sequence[str]
) -> JohnsonTrainingOptions:
    """Return the options with the architecture of a model to continue training.

    Raises: InputError: the model is not a Johnson network, or other architecture options were `given`.
    """
    if not isinstance(start.config, JohnsonConfig):
        raise InputError(
            f"{start.name} is a model of another kind ({start.architecture}): initialize from a johnson model."
        )
    own = {field.name: getattr(start.config, field.name) for field in fields(JohnsonConfig)}
    for name in own.keys() & set(given):
        if getattr(options, name) != own[name]:
            raise InputError(
                f"{name} is {getattr(options, name)}, but {start.name} has {own[name]}: remove the option."
            )
    return replace(options, **own)
