"""Train a texture network, from noise or to stylize photographs.

Source: Ulyanov, Lebedev, Vedaldi, Lempitsky, 1603.03417, §3.2 and §3.3; Ulyanov, Vedaldi, Lempitsky, 1701.02096.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.encoders import Encoder
from brushwork.encoders.torch_flags import exact_precision
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.networks.texture_net import Noise, TextureNetwork
from brushwork.images.geometry import Size
from brushwork.losses.moments import as_float32
from brushwork.objective import Objective, WeightedLoss, total_loss
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective, tv_objective
from brushwork.training.config import TrainingConfig
from brushwork.training.task import MODEL, OptimizerStep, TrainingBatch
from brushwork.training.tasks.perceptual_loss import photo_objective
from brushwork.training.tasks.style_images import make_style_target
from brushwork.training.tasks.texture_net_options import TextureNetTrainingOptions
from brushwork.types import Feature, Features, Image, LossValues, PerImage, Scalar

_SMALLEST = 1e-12
"""Lower bound of mean squares, so that identical images have a finite loss."""

_SMALLEST_NORM = 1e-30
"""Lower bound of gradient norms, so that a zero gradient stays zero."""


class TextureNetTask:
    """Training of a multi-scale generator on the texture of style images, or to stylize photographs with it.

    With several processes, batch norm and nearest neighbors use only the images of each process.
    """

    def __init__(self, styles: Sequence[Image], options: TextureNetTrainingOptions, encoder: Encoder) -> None:
        """Set up the task; the style images and the encoder must be on the training device.

        Raises: InputError: there is no style image, one is too small, or the encoder lacks a layer.
        """
        self.options, self.model_config = options, options.architecture
        self.crop = options.crop if options.photograph else 0
        self._encoder, self._normalization = encoder, NORMALIZATIONS[options.normalization]
        self._style = make_style_target(
            styles,
            options.style_size,
            encoder,
            (*options.content_layers, *options.style_layers),
            options.style_blend,
        )
        self._size = Size(options.crop, options.crop)
        self._fixed = style_objective(self._style, options, self._normalization) + tv_objective(
            options.tv_form, options.tv_weight, self._size, options.encoder_scale
        )
        self._model = cast(TextureNetwork, build_network(self.model_config, options.seed)).to(styles[0].device)
        self.networks = {MODEL: self._model}
        self.optimizers = {MODEL: torch.optim.Adam(self._model.parameters(), options.learning_rate)}

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """Yield the mean loss of images generated from fresh noise, and from the photographs if there are any."""
        painted = self._model.generate(self._noise(batch), self._photos(batch)).float()
        with exact_precision(painted.device):  # the encoder has its own precision
            objective = self._objective(batch) + self._variety()
            features = self._encoder(painted, objective.layers)
            losses = (
                normalize_gradients(objective, features) if self.options.normalized_gradients else objective(features)
            )
        yield OptimizerStep(MODEL, _mean(losses, batch.size))

    @torch.no_grad()
    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """Return the losses, without diversity, for other noise and held-out photographs, one image at a time."""
        painted = self.sample(batch)
        with exact_precision(painted.device):
            objective = self._objective(batch)
            total, terms = _mean(objective(self._encoder(painted, objective.layers)), batch.size)
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def sample(self, batch: TrainingBatch) -> Image:
        """Return the generated images, computed one by one: batch norm uses the statistics of a single image."""
        noise, photos = self._noise(batch), self._photos(batch)
        painted = []
        for row in range(batch.size):
            own = None if photos is None else photos[row : row + 1]
            painted.append(self._model.generate([level[row : row + 1] for level in noise], own))
        return torch.cat(painted).float()

    def _noise(self, batch: TrainingBatch) -> list[Noise]:
        """Return this rank's rows of noise at every scale."""
        drawn = self._model.sample_noise(self._size, batch.whole, batch.generator())
        return [batch.local_rows(one) for one in drawn]

    def _objective(self, batch: TrainingBatch) -> Objective:
        photos = self._photos(batch)
        if photos is None:
            return self._fixed
        return self._fixed + photo_objective(photos, self._encoder, self.options, self._normalization, self._style)

    def _photos(self, batch: TrainingBatch) -> Image | None:
        return batch.photos if self.options.photograph else None

    def _variety(self) -> Objective:
        if self.options.diversity == 0:
            return Objective({})
        return Objective.single("diversity", DiversityLoss(self.options.diversity_layer), self.options.diversity)


def _mean(losses: LossValues, count: int) -> LossValues:
    return LossValues(losses.total / count, {name: value / count for name, value in losses.terms.items()})


def make_texture_net_task(
    config: TrainingConfig, styles: Sequence[Image], device: torch.device, _init: StyleModel | None
) -> TextureNetTask:
    """Build a task for one texture on a device.

    Raises: InputError: unusable style images or options. WeightsError.
    """
    options = cast(TextureNetTrainingOptions, config.options)
    return TextureNetTask([one.to(device) for one in styles], options, load_encoder_for(options, device))


@dataclass(frozen=True)
class DiversityLoss:
    """Diversity loss of a batch: the negative log distance from each image to its nearest neighbor.

    −ln ρ_i, ρ_i = min_{j ≠ i} ‖f_i − f_j‖ / √n: the larger the distances, the smaller the loss; 0 for a single image.

    Up to a factor and a constant, its mean over the batch is the negative Kozachenko–Leonenko estimate of the entropy
    of the generated images. The size n of a feature map contributes such a constant.

    Source: 1701.02096, §3 (Julesz ensembles).
    Differs: distances are between features, as in the paper's texture model; noise also increases pixel distances.
    """

    layer: str

    def score_whole(self, feature: Feature) -> PerImage:
        """Return the loss of each image of the batch."""
        if len(feature) == 1:
            return 0 * as_float32(feature).sum((1, 2, 3))
        return -0.5 * _to_nearest(feature).clamp_min(_SMALLEST).log()


def _to_nearest(feature: Feature) -> PerImage:
    """Return each row's mean squared difference from the nearest other row."""
    rows = as_float32(feature).flatten(1)
    with torch.no_grad():
        nearest = _distances(rows).argmin(1)
    return (rows - rows[nearest]).square().mean(1)


def _distances(rows: Float[Tensor, "b n"]) -> Float[Tensor, "b b"]:
    """Return squared distances between all rows; infinite on the diagonal."""
    found = torch.stack([(rows - row).square().sum(1) for row in rows])
    return found.fill_diagonal_(float("inf"))


def normalize_gradients(objective: Objective, features: Features) -> LossValues:
    """Return an objective's losses, with the gradient of each term normalized to weight · g/‖g‖₁.

    The gradient with respect to the features is not that of any loss. The Gram losses of deep layers are orders of
    magnitude smaller than those of shallow layers, and would not be learned otherwise.

    Source: 1603.03417, §3.2; the authors' `-normalize_gradients`.
    Differs: each image of a batch has its own norm, so one process learns what several do.
    """
    terms = {name: _linear_loss(name, weighted, features) for name, weighted in objective.losses.items()}
    return LossValues(total_loss(terms), terms)


def _linear_loss(name: str, weighted: WeightedLoss, features: Features) -> Scalar:
    """Return the loss value, with the gradient of a function linear in the features."""
    feature = features[weighted.loss.layer]
    leaf = feature.detach().requires_grad_()
    value = Objective.single(name, weighted.loss)({weighted.loss.layer: leaf}).total
    (gradient,) = torch.autograd.grad(value, leaf)
    norms = gradient.abs().flatten(1).sum(1).clamp_min(_SMALLEST_NORM)
    direction = gradient * (weighted.weight / norms).view(-1, 1, 1, 1)
    pull = (direction * feature).sum()
    return weighted.weight * value.detach() + (pull - pull.detach())
