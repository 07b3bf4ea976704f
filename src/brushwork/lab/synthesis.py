"""Pictures painted from nothing but an objective: what experiments without a recipe share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from brushwork.canvas import Sphere
from brushwork.evaluate import whole
from brushwork.lab.easel import Easel
from brushwork.objective import Objective
from brushwork.optimize import minimize
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import Level, Progress, Texture
from brushwork.recipes.coarse_to_fine import coarse_to_fine, levels, optimizer_of
from brushwork.types import Image

BOXED = Texture(
    network="vgg19-normalized", iterations=150, boxed=True, line_search=True, first_move=3e-3, measure="long"
)
"""Pixels stay between black and white: objectives that nothing bounds are painted so."""


def synthesize(
    easel: Easel,
    options: Texture,
    objective: Callable[[Encoder], Objective],
    start: Image,
    network: Callable[[], Encoder] | None = None,
) -> Callable[[], Iterator[Progress]]:
    """Paint an objective at the size of the start. It is made when its cell is painted.

    `network` stands in for the one that the options name.
    """

    def paint() -> Iterator[Progress]:
        encoder, size = network().to(easel.device) if network else easel.encoder(options), Size.of(start)
        plan = levels(size, max(size), "long", options)
        return coarse_to_fine(plan, lambda _: whole(encoder, objective(encoder)), start.to(easel.device), options)

    return paint


def on_sphere(
    easel: Easel, options: Texture, objective: Callable[[Encoder], Objective], start: Image
) -> Callable[[], Iterator[Progress]]:
    """Paint an objective among the pictures that have the contrast of the start about gray."""

    def paint() -> Iterator[Progress]:
        encoder, optimizer = easel.encoder(options), optimizer_of(options)
        canvas, plan = Sphere(float((start - 0.5).square().mean().sqrt())), [Level(Size.of(start), options.iterations)]
        evaluate, begin = whole(encoder, objective(encoder)), start.to(easel.device)
        for step in minimize(canvas, evaluate, optimizer, options.iterations, start=begin):
            yield Progress(plan, 0, step, optimizer)

    return paint


def gray_noise(size: Size, seed: int = 0, spread: float = 0.05) -> Image:
    """Gray with a little noise."""
    dice = torch.Generator().manual_seed(seed)
    return (0.5 + spread * torch.randn(1, 3, *size, generator=dice)).clamp(0, 1)
