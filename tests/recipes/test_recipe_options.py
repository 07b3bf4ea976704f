from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.options import ModelOptions
from brushwork.images.geometry import Size
from brushwork.options import measured_size
from brushwork.recipes import MDANOptions, ReconstructionOptions, TextureOptions, TransferOptions
from brushwork.video.options import FilmOptions


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 31}, "size is 31: it must be 32 pixels or more, or full."),
        ({"size": "large"}, "size is 'large': it must be a whole number or full."),
        (
            {"optimizer": "Adam"},
            "optimizer is 'Adam': it must be one of lbfgs, adam, sgd. Did you mean 'adam'?",
        ),
        (
            {"normalization": "Paper"},
            "normalization is 'Paper': it must be one of relative, paper, authors, programs, sums. "
            "Did you mean 'paper'?",
        ),
        ({"iterations": 2.5}, "iterations is 2.5: it must be a whole number."),
        ({"iterations": True}, "iterations is True: it must be a whole number."),
        ({"tv_weight": "1"}, "tv-weight is '1': it must be a number."),
        ({"bounded": 1}, "bounded is 1: it must be True or False."),
        ({"network": None}, "network is None: it must be text."),
        ({"style_layers": "conv1_1"}, "style-layers is 'conv1_1': it must be several values, such as ('conv1_1',)."),
        ({"style_blend": (0.5, "x")}, "style-blend is (0.5, 'x'): it must be several values, each a number."),
        ({"noise": -0.5}, "noise is -0.5: it must be 0 or more, and finite."),
        ({"content_weight": -1.0}, "content-weight is -1.0: it must be 0 or more, and finite."),
        ({"style_weight": -1.0}, "style-weight is -1.0: it must be 0 or more, and finite."),
        ({"moment_weight": -1.0}, "moment-weight is -1.0: it must be 0 or more, and finite."),
        (
            {"style_layer_weights": (1.0, 2.0)},
            "style-layer-weights is 2 numbers: it must be 5, one for each style layer.",
        ),
        ({"tv_weight": -1.0}, "tv-weight is -1.0: it must be 0 or more, and finite."),
        ({"iterations": 0}, "iterations is 0: it must be 1 or more."),
        ({"history": 0}, "history is 0: it must be 1 or more."),
        ({"iteration_floor": 1.5}, "iteration-floor is 1.5: it must be from 0 to 1."),
        ({"iteration_decay": 0.0}, "iteration-decay is 0.0: it must be above 0, and finite."),
        ({"max_step": -1.0}, "max-step is -1.0: it must be 0 or more, and finite."),
        ({"min_size": 31}, "min-size is 31: it must be 0, or 32 or more."),
        ({"learning_rate": 0.0}, "learning-rate is 0.0: it must be above 0, and finite."),
        ({"ema_decay": 1.0}, "ema-decay is 1.0: it must be 0 or more, and below 1."),
        ({"optimizer_scale": 0.0}, "optimizer-scale is 0.0: it must be above 0, and finite."),
        ({"encoder_scale": 0.0}, "encoder-scale is 0.0: it must be above 0, and finite."),
        ({"seed": -1}, "seed is -1: it must be a whole number from 0 up to 2⁶³ − 1."),
        ({"seed": 2**63}, f"seed is {2**63}: it must be a whole number from 0 up to 2⁶³ − 1."),
        ({"style_falloff": 0.0}, "style-falloff is 0.0: it must be above 0, and finite."),
        ({"style_weight": 10**400}, "style-weight is too large: give a number of less than 309 digits."),
        ({"style_weight": np.ones(2)}, "style-weight is array([1., 1.]): it must be a number."),
        ({"bounded": np.int64(1)}, f"bounded is {np.int64(1)!r}: it must be True or False."),
        ({"style_scale": (1.0, 0.0)}, "style-scale is 0.0: it must be above 0, and finite."),
    ],
)
def test_what_a_transfer_refuses(given, message):
    with pytest.raises(InputError) as refusal:
        TransferOptions(**given)
    assert str(refusal.value) == message


def test_arrays_and_tensors_are_taken():
    options = TransferOptions(
        style_scale=np.array([1.0, 2.0]), bounded=np.True_, style_weight=torch.tensor(3.0), style_blend=torch.ones(2)
    )
    assert options == TransferOptions(style_scale=(1.0, 2.0), bounded=True, style_weight=3.0, style_blend=(1.0, 1.0))
    assert options.bounded is True and type(options.style_weight) is float


def test_paths_are_taken_where_an_option_names_a_file():
    assert ModelOptions(model=Path("some/wave")) == ModelOptions(model=str(Path("some/wave")))
    films = FilmOptions(flow=Path("flow"), cuts=Path("cuts.txt"))
    assert films == FilmOptions(flow="flow", cuts="cuts.txt")


def test_lists_and_numbers_of_other_types_are_taken():
    options = TransferOptions(
        style_layers=["conv1_1"], style_blend=[np.float32(1), 2], style_weight=5, iterations=np.int64(7)
    )
    assert options.style_layers == ("conv1_1",) and options.style_blend == (1.0, 2.0)
    assert [type(one) for one in (*options.style_blend, options.style_weight, options.iterations)] == [float] * 3 + [
        int
    ]


NUMBERS = ("content_weight", "style_weight", "moment_weight", "tv_weight", "noise", "encoder_scale", "learning_rate")


@pytest.mark.parametrize("name", [*NUMBERS, "optimizer_scale", "style_scale"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_are_finite(name, value):
    with pytest.raises(InputError, match=f"{name.replace('_', '-')} is {value}: .* finite"):
        TransferOptions(**{name: (value,) if name == "style_scale" else value})


@pytest.mark.parametrize("size", ["512", "512x", "x512", "512 x 512", "-512x512", "512x512x3"])
def test_a_texture_wants_width_and_height(size):
    with pytest.raises(InputError, match="WIDTHxHEIGHT, such as 1024x512"):
        TextureOptions(size=size)


@pytest.mark.parametrize("options", [TransferOptions, TextureOptions, ReconstructionOptions])
def test_every_group_checks_in_every_recipe(options):
    with pytest.raises(InputError, match="iterations is 0"):
        options(iterations=0)
    with pytest.raises(InputError, match="noise is -1"):
        options(noise=-1.0)


@pytest.mark.parametrize("options", [TransferOptions, TextureOptions, ReconstructionOptions])
def test_options_are_frozen_values(options):
    assert options() == options()
    with pytest.raises(dataclasses.FrozenInstanceError):
        options().iterations = 3


def test_measures():
    assert measured_size(Size(300, 400), "long") == 400
    assert measured_size(Size(300, 400), "short") == 300
    assert measured_size(Size(100, 400), "area") == 200


@pytest.mark.parametrize("kind", [MDANOptions, ReconstructionOptions, TextureOptions])
def test_adain_starts_belong_to_style_transfer(kind):
    with pytest.raises(InputError, match="init instant is for style transfer"):
        kind(init="instant")
    assert TransferOptions(init="instant").starts_from_adain
