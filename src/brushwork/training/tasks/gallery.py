"""Train one network on many styles: each image of a batch is stylized in its own style.

Source: Dumoulin, Shlens, Kudlur, 1610.07629, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from brushwork.encoders import Encoder
from brushwork.encoders.torch_flags import exact_precision
from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.feedforward.networks.configs import MultiStyleConfig
from brushwork.feedforward.networks.multi_style import MultiStyleNetwork, average_styles, is_scale_or_shift
from brushwork.images.geometry import Size
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective, tv_objective
from brushwork.training.builders import load_loss_network, make_adam, make_network
from brushwork.training.config import TrainingConfig
from brushwork.training.dataset import make_generator
from brushwork.training.task import MODEL, OptimizerStep, TrainingBatch
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions, StyleScalesOptions, StyleTrainingOptions
from brushwork.training.tasks.perceptual_loss import photo_objective, range_penalty
from brushwork.training.tasks.style_images import make_style_target
from brushwork.types import Image, LossValues

_STYLES = 4
"""Identifier of the random stream that orders the styles."""


class GalleryTask:
    """Training of a network on several styles, each given by a style image."""

    def __init__(
        self, styles: Sequence[Image], options: StyleScalesOptions, encoder: Encoder, network: MultiStyleNetwork
    ) -> None:
        """Set up the task; the style images, the encoder and the network must be on the training device.

        Raises: InputError: a style image is too small, or the encoder lacks a layer.
        """
        self.options, self.crop, self.model_config = options, options.crop, network.settings
        self._encoder, self._normalization = encoder, NORMALIZATIONS[options.normalization]
        self._styles = [make_style_target([one], options.style_size, encoder, options.encoded_layers) for one in styles]
        size = Size(options.crop, options.crop)
        tv = tv_objective(options.tv_form, options.tv_weight, size, options.encoder_scale)
        self._fixed = [style_objective(one, options, self._normalization) + tv for one in self._styles]
        self._model, self._blends = network, torch.eye(len(styles), device=styles[0].device)
        self.networks: Mapping[str, nn.Module] = {MODEL: self._model}
        faster = {name: options.scale_rate for name, _ in network.named_parameters() if is_scale_or_shift(name)}
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {MODEL: make_adam(network, options, faster)}

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """Yield the mean perceptual loss of the stylized batch."""
        yield OptimizerStep(MODEL, self._losses(batch.photos, self.style_numbers(batch)))

    @torch.no_grad()
    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """Return the same losses on held-out photographs, each in one of the styles in order."""
        total, terms = self._losses(batch.photos, self._in_order(batch))
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def sample(self, batch: TrainingBatch) -> Image:
        """Return the stylized batch, each image in one of the styles in order."""
        pairs = zip(batch.photos, self._in_order(batch), strict=True)
        return torch.cat([self._model(photo[None], self._blends[number]).float() for photo, number in pairs])

    def style_numbers(self, batch: TrainingBatch) -> list[int]:
        """Return the style of each of this rank's rows: all styles once in random order, then all again."""
        first, count = batch.step * batch.whole + batch.first, len(self._styles)
        orders: dict[int, list[int]] = {}
        for row in range(first, first + batch.size):
            epoch = row // count
            if epoch not in orders:
                chance = make_generator(batch.seed, _STYLES, epoch)
                orders[epoch] = torch.randperm(count, generator=chance).tolist()
        return [orders[row // count][row % count] for row in range(first, first + batch.size)]

    def _in_order(self, batch: TrainingBatch) -> list[int]:
        return [number % len(self._styles) for number in range(batch.size)]

    def _losses(self, photos: Image, numbers: Sequence[int]) -> LossValues:
        """Return the mean losses over the images, each in the style given by its number.

        Images are processed one by one: the trunk is as fast as for a batch, and each image has its own objective.
        """
        sums: dict[str, Tensor] = {}
        for photo, number in zip(photos, numbers, strict=True):
            for name, value in self._image_losses(photo[None], number).items():
                sums[name] = sums.get(name, 0) + value / len(photos)
        return LossValues(torch.stack(list(sums.values())).sum(), sums)

    def _image_losses(self, photo: Image, number: int) -> Mapping[str, Tensor]:
        """Return the losses of one image, without clipping it."""
        last = self._model.forward_features(photo, self._blends[number]).float()
        painted = self._model.to_image(last, Size.of(photo))
        with exact_precision(photo.device):  # the encoder has its own precision
            style = self._styles[number]
            content = photo_objective(photo, self._encoder, self.options, self._normalization, style)
            objective = content + self._fixed[number]
            _, terms = objective(self._encoder(painted, objective.layers))
        return {**terms, "range": self.options.range_weight * range_penalty(last)}


def make_gallery_task(
    config: TrainingConfig, styles: Sequence[Image], device: torch.device, init: StyleModel | None
) -> GalleryTask:
    """Build a task for several styles on a device, initialized from `init` if given.

    Raises: InputError: unusable style images or options, names given twice, or a model of other styles. WeightsError.
    """
    options = cast(GalleryTrainingOptions, config.options)
    architecture = options.architecture(config.style_names)
    network = cast(MultiStyleNetwork, make_network(architecture, options, device))
    if init is not None:
        require_same_architecture(init, architecture)
        network.load_state_dict(init.network.state_dict())
    encoder = load_loss_network(options, options.mixed_precision, device)
    return GalleryTask([one.to(device) for one in styles], options, encoder, network)


def make_style_task(
    config: TrainingConfig, styles: Sequence[Image], device: torch.device, init: StyleModel | None
) -> GalleryTask:
    """Build a task for one style on a device; it trains only the style's scales and shifts, on the trunk of `init`.

    Raises: InputError: an unusable style image or options; a model without scales and shifts of styles. WeightsError.
    """
    options, (style,) = cast(StyleTrainingOptions, config.options), styles
    trunk = init or load_model(config.init)  # without a name, this raises that there is none
    architecture = with_one_style(trunk, config.name or config.output.stem)
    network = cast(MultiStyleNetwork, make_network(architecture, options, device))
    network.load_state_dict(average_styles(trunk.network.state_dict()))
    for part, value in network.named_parameters():
        value.requires_grad_(is_scale_or_shift(part))
    encoder = load_loss_network(options, options.mixed_precision, device)
    return GalleryTask([style.to(device)], options, encoder, network)


def with_one_style(trunk: StyleModel, name: str) -> MultiStyleConfig:
    """Return the architecture of a model for many styles, with a single style of the given name.

    Raises: InputError: the model is of another kind.
    """
    if not isinstance(trunk.config, MultiStyleConfig):
        raise InputError(
            f"{trunk.name} is a model of another kind ({trunk.architecture}): a style is trained on one that "
            "`brushwork train gallery` made."
        )
    return replace(trunk.config, styles=(name,))


def require_same_architecture(start: StyleModel, architecture: MultiStyleConfig) -> None:
    """Raise an InputError unless a model has this architecture and the same styles in the same order."""
    if not isinstance(start.config, MultiStyleConfig):
        raise InputError(
            f"{start.name} is a model of another kind ({start.architecture}): initialize from a gallery, which "
            "`brushwork train gallery` made."
        )
    there, here = asdict(start.config), asdict(architecture)
    changes = [f"{name} {_list(there[name])}, not {_list(here[name])}" for name in here if there[name] != here[name]]
    if changes:
        raise InputError(
            f"{start.name} has {'; '.join(changes)}: give its styles in their order, and its width and blocks."
        )


def _list(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
