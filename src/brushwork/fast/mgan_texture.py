"""Textures by a painter of photographs: it paints brown noise."""

from __future__ import annotations

from dataclasses import replace

import torch

from brushwork.fast.brown import brown_noise
from brushwork.fast.by_painter import ModelOptions, ModelStylizer
from brushwork.fast.painter import StyleModel
from brushwork.picture.window import Size
from brushwork.recipes.pictures import RecipeInputs
from brushwork.types import Image


def generate_mgan_texture(model: StyleModel, size: Size, seed: int, device: torch.device) -> Image:
    """A texture of a size, in [0, 1], on the CPU; the same for the same seed. It goes by strips, as photographs do.

    Source: Li & Wand, 1604.04382, section 5.
    """
    noise = brown_noise(size, torch.Generator().manual_seed(seed)).to(device)
    network = model.network.to(device).requires_grad_(False)
    stylizer = ModelStylizer(ModelOptions(model=model.name), replace(model, network=network))
    *_, last = stylizer.stylize(RecipeInputs(noise), size)
    assert last.image is not None  # the last stroke's
    return last.image.float().cpu()
