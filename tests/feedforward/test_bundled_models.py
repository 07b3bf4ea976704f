"""The model for photographs that comes with the package, and its fourteen styles."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from brushwork.encoders import load_encoder
from brushwork.feedforward.model import load_model
from brushwork.feedforward.model_lookup import BUNDLED_MODELS
from brushwork.feedforward.style_blend import style_blend, style_names
from brushwork.images import Size, read_image, resize
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions
from brushwork.training.tasks.style_images import make_style_target

EXAMPLES = Path(__file__).parents[2] / "examples"
PAINTINGS = {"wave": "great_wave.png", "auvers": "auvers.png"}
"""Styles whose paintings are among the examples."""


@pytest.fixture(scope="module")
def gallery():
    return load_model("gallery")


def test_it_is_small_and_free(gallery):
    assert (BUNDLED_MODELS / "gallery.safetensors").stat().st_size < 2**22
    assert "public domain" in gallery.license
    assert len(style_names(gallery)) == len(gallery.provenance["styles"]) == 14


@pytest.mark.slow
@pytest.mark.parametrize("name", PAINTINGS)
def test_photographs_get_the_style_of_a_painting(gallery, name):
    """Of the style, a third of what the photograph misses is missed, or less; and no blots of pure white are left."""
    options = GalleryTrainingOptions(style_size=gallery.provenance["options"]["style_size"])
    encoder = load_encoder(options.network, padding=options.padding)
    painting = read_image(EXAMPLES / PAINTINGS[name]).image
    style = make_style_target([painting], options.style_size, encoder, options.style_layers)
    objective = style_objective(style, options, NORMALIZATIONS[options.normalization])
    photograph = resize(read_image(EXAMPLES / "cat.png").image, Size(160, 240))
    with torch.no_grad():
        found = gallery.network(photograph, style_blend(gallery, [name]))
        painted = found.clamp(0, 1)
        before, after = (float(objective(encoder(one, objective.layers)).total) for one in (photograph, painted))
    assert after < before / 3
    assert (found.amin(1) > 1).float().mean() < 0.01


def test_every_style_paints_another_picture(gallery):
    photograph = resize(read_image(EXAMPLES / "cat.png").image, Size(64, 96))
    with torch.no_grad():
        painted = [gallery.network(photograph, style_blend(gallery, [name])) for name in style_names(gallery)]
    apart = [(one - other).abs().mean() for index, one in enumerate(painted) for other in painted[:index]]
    assert min(apart) > 0.02
