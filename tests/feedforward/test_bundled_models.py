"""The painters of photographs that come with the package."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from brushwork.encoders import load_encoder
from brushwork.feedforward.model import BUNDLED_MODELS, load_model
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.images import Size, read_image, resize
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import style_objective
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.training.tasks.style_images import make_style_target

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wave", "auvers", "kandinsky", "wave-auvers"])
def test_photographs_get_the_style_of_its_paintings(name):
    """Of the style, a third of what the photograph misses is missed, or less; and no blots of pure white are left."""
    painter = load_model(name)
    assert (BUNDLED_MODELS / f"{name}.safetensors").stat().st_size < 2**20
    assert isinstance(painter.config, JohnsonConfig)
    assert "public domain" in painter.license
    options = JohnsonTrainingOptions(style_size=painter.provenance["options"]["style_size"])
    encoder = load_encoder(options.network, padding=options.padding)
    paintings = [read_image(EXAMPLES / one["name"]).image for one in painter.provenance["styles"]]
    style = make_style_target(paintings, options.style_size, encoder, options.style_layers)
    objective = style_objective(style, options, NORMALIZATIONS[options.normalization])
    photograph = resize(read_image(EXAMPLES / "cat.png").image, Size(160, 240))
    with torch.no_grad():
        found = painter.network(photograph)
        painted = found.clamp(0, 1)
        before, after = (float(objective(encoder(one, objective.layers)).total) for one in (photograph, painted))
    assert after < before / 3
    assert (found.amin(1) > 1).float().mean() < 0.01
