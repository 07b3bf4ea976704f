"""A tiny network, and pictures to paint with it, in float64: what is compared differs by no rounding that matters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.controls import StyleRegion
from brushwork.recipes import ReconstructionOptions, TextureOptions, load_preset
from half_masks import left
from tiny_network import CONTENT, STYLE, picture, tiny_network


@pytest.fixture
def tiny():
    return tiny_network().double()


@pytest.fixture(scope="session")
def photograph():
    return picture(1, 48, 64).double()


@pytest.fixture(scope="session")
def painting():
    return picture(2, 60, 40).double()


@pytest.fixture
def small_transfer():
    """Options that fit the tiny network; the test's own come on top."""
    given = {
        "content_layers": CONTENT,
        "style_layers": STYLE,
        "content_weight": 1.0,
        "style_weight": 1.0,
        "moment_weight": 0.5,
        "tv_weight": 0.1,
        "size": 64,
        "measure": "long",
        "history": 10,
        "iterations": 6,
    }
    return lambda **own: replace(load_preset("gatys-2016"), **(given | own))


@pytest.fixture
def small_texture():
    given = {"style_layers": STYLE, "style_weight": 1e9, "picture_size": 48, "iterations": 5, "bounded": True}
    return lambda **own: TextureOptions(**(given | own))


@pytest.fixture
def small_reconstruction():
    given = {"layer": "conv2_1", "size": 48, "iterations": 8, "bounded": False}
    return lambda **own: ReconstructionOptions(**(given | own))


@pytest.fixture
def halves():
    return tuple(StyleRegion(mask(48, 64), mask(60, 40)) for mask in (left, lambda *size: 1 - left(*size)))
