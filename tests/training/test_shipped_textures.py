"""The textures that come with the package: drawn by their names, in the style of their paintings."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from brushwork.controls.inputs import RecipeInputs
from brushwork.encoders import load_encoder
from brushwork.feedforward.inference import run_stylizer
from brushwork.feedforward.model import load_model
from brushwork.feedforward.model_lookup import BUNDLED_MODELS
from brushwork.feedforward.networks.configs import TextureNetConfig
from brushwork.feedforward.options import TextureModelOptions
from brushwork.feedforward.texture import NO_CONTENT
from brushwork.images import read_image
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective
from brushwork.training.tasks.style_images import crop_patch, make_style_target
from brushwork.training.tasks.texture_net_options import TextureNetTrainingOptions
from brushwork.types import Image

EXAMPLES = Path(__file__).parents[2] / "examples"

NAMES = ("auvers-texture", "wave-texture")


@pytest.mark.parametrize("name", NAMES)
def test_they_are_small_and_say_what_they_are(name: str) -> None:
    model = load_model(name)
    assert (BUNDLED_MODELS / f"{name}.safetensors").stat().st_size < 2**19
    assert isinstance(model.config, TextureNetConfig)
    assert model.style is not None
    assert "public domain" in model.license


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_they_draw_has_the_style_of_their_painting(name: str) -> None:
    """Of the style, a sixth is missed or less, where noise misses nearly all."""
    model = load_model(name)
    trained_with = model.provenance["options"]
    options = TextureNetTrainingOptions(patch=trained_with["patch"], style_size=trained_with["style_size"])
    encoder = load_encoder(options.network, padding=options.padding)
    painting = crop_patch(read_image(EXAMPLES / model.provenance["styles"][0]["name"]).image, options.patch)
    style = make_style_target([painting], options.style_size, encoder, options.style_layers)
    objective = style_objective(style, options, NORMALIZATIONS[options.normalization])

    def missed(picture: Image) -> float:
        with torch.no_grad():
            return float(objective(encoder(picture, objective.layers)).total)

    given = TextureModelOptions(model=name, size="128x128", seed=99)
    *_, last = run_stylizer(given, RecipeInputs(NO_CONTENT), given.load_stylizer(torch.device("cpu")))
    assert missed(last.image) < 1 / 6
    assert missed(torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))) > 0.8
