"""One style, learned by perceptual losses: the painter's pictures look like the photograph deep in a network, and like
the painting by its moments.

Source: Johnson, Alahi, Fei-Fei, 1603.08155, sections 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import nn

from brushwork.errors import InputError
from brushwork.fast.johnson import LIMIT, JohnsonNetwork
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.perception.flags import as_given
from brushwork.picture.window import Size
from brushwork.recipes.balance import content_objective, smooth_objective, style_objective
from brushwork.recipes.convention import CONVENTIONS
from brushwork.training.learned_style import learned_style
from brushwork.training.learner import adam, learner
from brushwork.training.lesson import Batch, Turn
from brushwork.training.style_options import StyleTraining
from brushwork.types import Image, Losses

PAINTER = "painter"


class StyleLesson:
    """A Johnson network learns the style of paintings."""

    def __init__(self, paintings: Sequence[Image], options: StyleTraining, encoder: Encoder) -> None:
        """The paintings and the encoder lie on the device to learn on.

        Raises: InputError: no painting, one that is too small, or layers that the network does not have.
        """
        if not paintings:
            raise InputError("no painting was given: name at least one, whose style is learned.")
        self.options, self.settings, self.crop = options, options.architecture, options.crop
        self._encoder, self._convention = encoder, CONVENTIONS[options.convention]
        self._style = learned_style(paintings, options, encoder, (*options.content_layers, *options.style_layers))
        size = Size(options.crop, options.crop)
        self._fixed = style_objective(self._style, options, self._convention) + smooth_objective(
            options.smoothness_form, options.smoothness, size, options.white
        )
        self._painter = cast(JohnsonNetwork, learner(self.settings, options, paintings[0].device))
        self.learners: Mapping[str, nn.Module] = {PAINTER: self._painter}
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {PAINTER: adam(self._painter, options)}

    def turns(self, batch: Batch) -> Iterator[Turn]:
        """The mean perceptual loss of what the painter makes of the batch."""
        photographs = _of(batch)
        yield Turn(PAINTER, self._losses(self._painter.last(photographs).float(), photographs))

    @torch.no_grad()
    def judge(self, batch: Batch) -> Mapping[str, float]:
        """The same on photographs that are not learned from."""
        photographs = _of(batch)
        total, terms = self._losses(self._painter.last(photographs).float(), photographs)
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def show(self, batch: Batch) -> Image:
        """What the painter makes of them."""
        shown: Image = self._painter(_of(batch))
        return shown.float()

    def _losses(self, last: Image, photographs: Image) -> Losses:
        """The mean over the pictures, which are not clipped."""
        painted = self._painter.shown(last, Size.of(photographs))
        with as_given(photographs.device):  # the encoder has a precision of its own
            objective = self._content(photographs) + self._fixed
            total, terms = objective(self._encoder(painted, objective.taps))
        share = 1 / len(photographs)
        beyond = self.options.range_weight * (last - last.clamp(-LIMIT, LIMIT)).square().mean()
        parts = {name: share * value for name, value in terms.items()}
        return Losses(share * total + beyond, {**parts, "range": beyond})

    def _content(self, photographs: Image) -> Objective:
        options = self.options
        return content_objective(
            photographs, self._encoder, options.content_layers, options.content_weight, self._convention, self._style
        )


def _of(batch: Batch) -> Image:
    if batch.pictures is None:
        raise InputError("no photographs were given: this painter learns from a folder of them.")
    return batch.pictures
