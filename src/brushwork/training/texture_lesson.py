"""A texture, learned from noise; or photographs painted with it.

Source: Ulyanov, Lebedev, Vedaldi, Lempitsky, 1603.03417, §3.2 and §3.3; Ulyanov, Vedaldi, Lempitsky, 1701.02096.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch

from brushwork.errors import InputError
from brushwork.fast.architectures import build
from brushwork.fast.pyramid import Noise, PyramidNetwork
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.perception.flags import as_given
from brushwork.picture.window import Size
from brushwork.recipes.balance import content_objective, smooth_objective, style_objective
from brushwork.recipes.convention import CONVENTIONS
from brushwork.training.learned_style import learned_style
from brushwork.training.lesson import Batch, Turn
from brushwork.training.style_lesson import PAINTER
from brushwork.training.texture_diversity import Diversity
from brushwork.training.texture_options import TextureTraining
from brushwork.training.texture_pull import pulled
from brushwork.types import Image, Losses


class TextureLesson:
    """A multi-scale generator learns to draw the texture of paintings, or to paint photographs with it.

    With several processes, batch norm and the nearest pictures are those of each process.
    """

    def __init__(self, paintings: Sequence[Image], options: TextureTraining, encoder: Encoder) -> None:
        """The paintings and the encoder lie on the device to learn on.

        Raises: InputError: no painting, one that is too small, or layers that the network does not have.
        """
        self.options, self.settings = options, options.architecture
        self.crop = options.crop if options.photograph else 0
        self._encoder, self._convention = encoder, CONVENTIONS[options.convention]
        self._style = learned_style(paintings, options, encoder, (*options.content_layers, *options.style_layers))
        self._size = Size(options.crop, options.crop)
        self._fixed = style_objective(self._style, options, self._convention) + smooth_objective(
            options.smoothness_form, options.smoothness, self._size, options.white
        )
        self._painter = cast(PyramidNetwork, build(self.settings, options.seed)).to(paintings[0].device)
        self.learners = {PAINTER: self._painter}
        self.optimizers = {PAINTER: torch.optim.Adam(self._painter.parameters(), options.learning_rate)}

    def turns(self, batch: Batch) -> Iterator[Turn]:
        """The mean loss of what the painter makes of fresh noise, and of the photographs if there are any."""
        painted = self._painter.paint(self._noise(batch), self._photographs(batch)).float()
        with as_given(painted.device):  # the encoder has a precision of its own
            objective = self._objective(batch) + self._variety()
            features = self._encoder(painted, objective.taps)
            losses = pulled(objective, features) if self.options.normalized_gradients else objective(features)
        yield Turn(PAINTER, _mean(losses, batch.size))

    @torch.no_grad()
    def judge(self, batch: Batch) -> Mapping[str, float]:
        """The same of other noise and other photographs, each painted by itself; without diversity."""
        painted = self.show(batch)
        with as_given(painted.device):
            objective = self._objective(batch)
            total, terms = _mean(objective(self._encoder(painted, objective.taps)), batch.size)
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def show(self, batch: Batch) -> Image:
        """What the painter makes of them, each by itself: batch norm takes a single picture's statistics."""
        noise, photographs = self._noise(batch), self._photographs(batch)
        painted = []
        for row in range(batch.size):
            own = None if photographs is None else photographs[row : row + 1]
            painted.append(self._painter.paint([level[row : row + 1] for level in noise], own))
        return torch.cat(painted).float()

    def _noise(self, batch: Batch) -> list[Noise]:
        """This rank's rows of noise at every scale."""
        drawn = self._painter.noise(self._size, batch.whole, batch.generator())
        return [batch.own(one) for one in drawn]

    def _objective(self, batch: Batch) -> Objective:
        options, photographs = self.options, self._photographs(batch)
        if photographs is None:
            return self._fixed
        layers, weight = options.content_layers, options.content_weight
        content = content_objective(photographs, self._encoder, layers, weight, self._convention, self._style)
        return content + self._fixed

    def _photographs(self, batch: Batch) -> Image | None:
        if not self.options.photograph:
            return None
        if batch.pictures is None:
            raise InputError("no photographs were given: this painter learns from a folder of them.")
        return batch.pictures

    def _variety(self) -> Objective:
        if self.options.diversity == 0:
            return Objective({})
        return Objective.one("diversity", Diversity(self.options.diversity_layer), self.options.diversity)


def _mean(losses: Losses, count: int) -> Losses:
    return Losses(losses.total / count, {name: value / count for name, value in losses.terms.items()})
