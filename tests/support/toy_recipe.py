"""A toy recipe, as one would write it: style without content. Tests put this file into `recipes/`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from brushwork.controls import RecipeInputs
from brushwork.gradients.partition import FULL_IMAGE
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.options import OptimizerOptions, ScheduleLevel, SizeOptions, StyleOptions, check_options, register
from brushwork.recipes.multiscale import Progress, optimize_multiscale
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective
from brushwork.recipes.recipe import RecipeOptions
from brushwork.style import Style
from brushwork.types import Evaluate


@register
@dataclass(frozen=True, kw_only=True)
class ToyOptions(SizeOptions, StyleOptions, OptimizerOptions, RecipeOptions):
    """Options of the toy."""

    method: ClassVar[str] = "toy"
    summary: ClassVar[str] = "style without content"

    toy_factor: float = 1.0
    """Factor of the toy's loss."""

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        return self.style_layers

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        return [ScheduleLevel(self.output_size(content), self.iterations)]

    def run(self, images: RecipeInputs, **how: Any) -> Iterator[Progress]:
        encoder, partition = how["encoder"], how.get("partition", FULL_IMAGE)
        content, (painting,), init, _ = images.to(encoder)
        resume = how.get("resume")
        style = Style.of(painting, encoder, self.style_layers, partition.sum_over_image)
        objective = self.toy_factor * style_objective(style, self, NORMALIZATIONS["relative"])
        levels = self.schedule(Size.of(content))

        def evaluate_at(size: Size) -> Evaluate:
            return partition.evaluate(encoder, objective, size)

        start = resume.to(content.device) if resume else init
        if start is None:
            start = resize(content, levels[0].size)
        return optimize_multiscale(levels, evaluate_at, start, self, partition)
