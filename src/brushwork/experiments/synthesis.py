"""Pictures painted from an objective alone, for experiments without a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from brushwork.encoders import Encoder
from brushwork.experiments.context import ExperimentContext
from brushwork.gradients import evaluate_whole
from brushwork.images import Size
from brushwork.objective import Objective
from brushwork.optim import SphereParametrization, minimize
from brushwork.recipes import Progress, ScheduleLevel, TextureOptions
from brushwork.recipes.multiscale import optimize_multiscale
from brushwork.recipes.optimizers import make_optimizer
from brushwork.types import Image

BOUNDED = TextureOptions(
    network="vgg19-normalized", iterations=150, bounded=True, line_search=True, initial_step=3e-3, measure="long"
)
"""Options that keep pixels between black and white, for unbounded objectives."""


def synthesize(
    context: ExperimentContext,
    options: TextureOptions,
    objective: Callable[[Encoder], Objective],
    init: Image,
    network: Callable[[], Encoder] | None = None,
) -> Callable[[], Iterator[Progress]]:
    """Return a function that minimizes an objective at the initial image's size; its cell's run builds the objective.

    `network` replaces the options' network.
    """

    def paint() -> Iterator[Progress]:
        encoder, size = network().to(context.device) if network else context.encoder(options), Size.of(init)
        plan = options.make_schedule(size, max(size), "long")
        evaluate = evaluate_whole(encoder, objective(encoder))
        return optimize_multiscale(plan, lambda _: evaluate, init.to(context.device), options)

    return paint


def synthesize_on_sphere(
    context: ExperimentContext, options: TextureOptions, objective: Callable[[Encoder], Objective], init: Image
) -> Callable[[], Iterator[Progress]]:
    """Return a function that minimizes an objective among the images with the initial image's contrast about gray."""

    def paint() -> Iterator[Progress]:
        encoder, optimizer = context.encoder(options), make_optimizer(options)
        parametrization, plan = (
            SphereParametrization(float((init - 0.5).square().mean().sqrt())),
            [ScheduleLevel(Size.of(init), options.iterations)],
        )
        evaluate, begin = evaluate_whole(encoder, objective(encoder)), init.to(context.device)
        for step in minimize(parametrization, evaluate, optimizer, options.iterations, init=begin):
            yield Progress(plan, 0, step, optimizer)

    return paint


def make_gray_noise(size: Size, std: float = 0.05) -> Image:
    """Return gray with a little noise, always the same."""
    generator = torch.Generator().manual_seed(0)
    return (0.5 + std * torch.randn(1, 3, *size, generator=generator)).clamp(0, 1)
