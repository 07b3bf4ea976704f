"""Options of texture networks: the published numbers, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from brushwork.errors import InputError
from brushwork.feedforward.networks.configs import STYLIZING, TextureNetConfig
from brushwork.training.options import learning_rate_factor
from brushwork.training.tasks.texture_net_options import STYLIZED, TEXTURES


def test_the_published_architectures() -> None:
    assert TEXTURES.architecture == TextureNetConfig()
    assert STYLIZED.architecture == STYLIZING


def test_the_published_schedule() -> None:
    """Adam at 0.1, times 0.8 every 300 batches."""
    rates = [TEXTURES.learning_rate * learning_rate_factor(TEXTURES, step) for step in (0, 299, 300, 600, 1499)]
    assert rates == pytest.approx([0.1, 0.1, 0.08, 0.064, 0.1 * 0.8**4])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"crop": 100}, "crop is 100: it must be a multiple of 32"),
        ({"crop": 32}, "crop is 32: it must be a multiple of 32, 64 or more"),
        ({"crop": 32, "norm": "batch"}, "crop is 32: it must be a multiple of 32, 64 or more"),
        ({"diversity": 1.0, "batch": 1}, "batch is 1"),
        ({"diversity": -1.0}, "diversity is -1"),
        ({"style_weight": 0.0}, "style-weight"),
        ({"loss": ("sliced",)}, "sliced"),
        ({"scales": 0}, "scales"),
    ],
)
def test_what_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(TEXTURES, **wrong)
