"""The painters of photographs that come with the package."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from brushwork.fast.johnson import Johnson
from brushwork.fast.painter import load_painter
from brushwork.fast.shelf import PAINTERS
from brushwork.perception import load_encoder
from brushwork.picture import Size, read_picture, resize
from brushwork.recipes.balance import style_objective
from brushwork.recipes.convention import CONVENTIONS
from brushwork.training.learned_style import learned_style
from brushwork.training.style_options import StyleTraining

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wave", "auvers", "kandinsky", "wave-auvers"])
def test_photographs_get_the_style_of_its_paintings(name):
    """Of the style, a third of what the photograph misses is missed, or less; and no blots of pure white are left."""
    painter = load_painter(name)
    assert (PAINTERS / f"{name}.safetensors").stat().st_size < 2**20
    assert isinstance(painter.settings, Johnson)
    assert "public domain" in painter.license
    options = StyleTraining(style_size=painter.record["options"]["style_size"])
    encoder = load_encoder(options.network, padding=options.padding)
    paintings = [read_picture(EXAMPLES / one["name"]).image for one in painter.record["styles"]]
    style = learned_style(paintings, options, encoder, options.style_layers)
    objective = style_objective(style, options, CONVENTIONS[options.convention])
    photograph = resize(read_picture(EXAMPLES / "cat.png").image, Size(160, 240))
    with torch.no_grad():
        found = painter.network(photograph)
        painted = found.clamp(0, 1)
        before, after = (float(objective(encoder(one, objective.taps)).total) for one in (photograph, painted))
    assert after < before / 3
    assert (found.amin(1) > 1).float().mean() < 0.01
