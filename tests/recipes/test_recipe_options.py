from __future__ import annotations

import dataclasses

import pytest

from brushwork.errors import InputError
from brushwork.picture.window import Size
from brushwork.recipes import ReconstructContent, Texture, Transfer
from brushwork.recipes.options import measured


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 31}, "size is 31: it must be 32 pixels or more, or full."),
        ({"size": "large"}, "size is large: it must be 32 pixels or more, or full."),
        ({"noise": -0.5}, "noise is -0.5: it must be 0 or more, and finite."),
        ({"content_weight": -1.0}, "content-weight is -1.0: it must be 0 or more, and finite."),
        ({"style_weight": -1.0}, "style-weight is -1.0: it must be 0 or more, and finite."),
        ({"spread_weight": -1.0}, "spread-weight is -1.0: it must be 0 or more, and finite."),
        (
            {"style_layer_weights": (1.0, 2.0)},
            "style-layer-weights is 2 numbers: it must be 5, one for each style layer.",
        ),
        ({"smoothness": -1.0}, "smoothness is -1.0: it must be 0 or more, and finite."),
        ({"iterations": 0}, "iterations is 0: it must be 1 or more."),
        ({"history": 0}, "history is 0: it must be 1 or more."),
        ({"finer_share": 0.0}, "finer-share is 0.0: it must be above 0, and finite."),
        ({"largest_move": -1.0}, "largest-move is -1.0: it must be 0 or more, and finite."),
        ({"coarsest": 31}, "coarsest is 31: it must be 0, or 32 or more."),
        ({"learning_rate": 0.0}, "learning-rate is 0.0: it must be above 0, and finite."),
        ({"averaging": 1.0}, "averaging is 1.0: it must be 0 or more, and below 1."),
        ({"pixel_range": 0.0}, "pixel-range is 0.0: it must be above 0, and finite."),
        ({"white": 0.0}, "white is 0.0: it must be above 0, and finite."),
        ({"seed": -1}, "seed is -1: it must be a whole number from 0 up to 2⁶³ − 1."),
        ({"seed": 2**63}, f"seed is {2**63}: it must be a whole number from 0 up to 2⁶³ − 1."),
        ({"style_falloff": 0.0}, "style-falloff is 0.0: it must be above 0, and finite."),
        ({"style_scale": (1.0, 0.0)}, "style-scale is 0.0: it must be above 0, and finite."),
    ],
)
def test_what_a_transfer_refuses(given, message):
    with pytest.raises(InputError) as refusal:
        Transfer(**given)
    assert str(refusal.value) == message


NUMBERS = ("content_weight", "style_weight", "spread_weight", "smoothness", "noise", "white", "learning_rate")


@pytest.mark.parametrize("name", [*NUMBERS, "pixel_range", "style_scale"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_are_finite(name, value):
    with pytest.raises(InputError, match=f"{name.replace('_', '-')} is {value}: .* finite"):
        Transfer(**{name: (value,) if name == "style_scale" else value})


@pytest.mark.parametrize("size", ["512", "512x", "x512", "512 x 512", "-512x512", "512x512x3"])
def test_a_texture_wants_width_and_height(size):
    with pytest.raises(InputError, match="WIDTHxHEIGHT, as 1024x512"):
        Texture(size=size)


@pytest.mark.parametrize("options", [Transfer, Texture, ReconstructContent])
def test_every_group_checks_in_every_recipe(options):
    with pytest.raises(InputError, match="iterations is 0"):
        options(iterations=0)
    with pytest.raises(InputError, match="noise is -1"):
        options(noise=-1.0)


@pytest.mark.parametrize("options", [Transfer, Texture, ReconstructContent])
def test_options_are_frozen_values(options):
    assert options() == options()
    with pytest.raises(dataclasses.FrozenInstanceError):
        options().iterations = 3


def test_measures():
    assert measured(Size(300, 400), "long") == 400
    assert measured(Size(300, 400), "short") == 300
    assert measured(Size(100, 400), "area") == 200
