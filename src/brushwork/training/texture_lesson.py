"""A texture, learned from noise; or photographs painted with it.

Source: Ulyanov, Lebedev, Vedaldi, Lempitsky, 1603.03417, §3.2 and §3.3; Ulyanov, Vedaldi, Lempitsky, 1701.02096.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch

from brushwork.errors import InputError
from brushwork.fast.architectures import build_network
from brushwork.fast.pyramid import NoiseName, TextureNetwork
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.perception.flags import exact_precision
from brushwork.picture.window import Size
from brushwork.recipes.balance import content_objective, style_objective, tv_objective
from brushwork.recipes.convention import NORMALIZATIONS
from brushwork.training.learned_style import make_style_target
from brushwork.training.lesson import OptimizerStep, TrainingBatch
from brushwork.training.style_lesson import PAINTER
from brushwork.training.texture_diversity import DiversityLoss
from brushwork.training.texture_options import TextureNetTrainingOptions
from brushwork.training.texture_pull import normalize_gradients
from brushwork.types import Image, LossValues


class TextureNetTask:
    """A multi-scale generator learns to draw the texture of paintings, or to paint photographs with it.

    With several processes, batch norm and the nearest pictures are those of each process.
    """

    def __init__(self, styles: Sequence[Image], options: TextureNetTrainingOptions, encoder: Encoder) -> None:
        """The paintings and the encoder lie on the device to learn on.

        Raises: InputError: no painting, one that is too small, or layers that the network does not have.
        """
        self.options, self.model_config = options, options.architecture
        self.crop = options.crop if options.photograph else 0
        self._encoder, self._convention = encoder, NORMALIZATIONS[options.normalization]
        self._style = make_style_target(styles, options, encoder, (*options.content_layers, *options.style_layers))
        self._size = Size(options.crop, options.crop)
        self._fixed = style_objective(self._style, options, self._convention) + tv_objective(
            options.tv_form, options.tv_weight, self._size, options.encoder_scale
        )
        self._model = cast(TextureNetwork, build_network(self.model_config, options.seed)).to(styles[0].device)
        self.networks = {PAINTER: self._model}
        self.optimizers = {PAINTER: torch.optim.Adam(self._model.parameters(), options.learning_rate)}

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """The mean loss of what the painter makes of fresh noise, and of the photographs if there are any."""
        painted = self._model.generate(self._noise(batch), self._photos(batch)).float()
        with exact_precision(painted.device):  # the encoder has a precision of its own
            objective = self._objective(batch) + self._variety()
            features = self._encoder(painted, objective.layers)
            losses = (
                normalize_gradients(objective, features) if self.options.normalized_gradients else objective(features)
            )
        yield OptimizerStep(PAINTER, _mean(losses, batch.size))

    @torch.no_grad()
    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """The same of other noise and other photographs, each painted by itself; without diversity."""
        painted = self.sample(batch)
        with exact_precision(painted.device):
            objective = self._objective(batch)
            total, terms = _mean(objective(self._encoder(painted, objective.layers)), batch.size)
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def sample(self, batch: TrainingBatch) -> Image:
        """What the painter makes of them, each by itself: batch norm takes a single picture's statistics."""
        noise, photos = self._noise(batch), self._photos(batch)
        painted = []
        for row in range(batch.size):
            own = None if photos is None else photos[row : row + 1]
            painted.append(self._model.generate([level[row : row + 1] for level in noise], own))
        return torch.cat(painted).float()

    def _noise(self, batch: TrainingBatch) -> list[NoiseName]:
        """This rank's rows of noise at every scale."""
        drawn = self._model.sample_noise(self._size, batch.whole, batch.generator())
        return [batch.local_rows(one) for one in drawn]

    def _objective(self, batch: TrainingBatch) -> Objective:
        options, photos = self.options, self._photos(batch)
        if photos is None:
            return self._fixed
        layers, weight = options.content_layers, options.content_weight
        content = content_objective(photos, self._encoder, layers, weight, self._convention, self._style)
        return content + self._fixed

    def _photos(self, batch: TrainingBatch) -> Image | None:
        if not self.options.photograph:
            return None
        if batch.pictures is None:
            raise InputError("no photographs were given: this painter learns from a folder of them.")
        return batch.pictures

    def _variety(self) -> Objective:
        if self.options.diversity == 0:
            return Objective({})
        return Objective.single("diversity", DiversityLoss(self.options.diversity_layer), self.options.diversity)


def _mean(losses: LossValues, count: int) -> LossValues:
    return LossValues(losses.total / count, {name: value / count for name, value in losses.terms.items()})
