"""A tiny network, and pictures to paint with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "golden"))
from tiny_network import CONTENT, STYLE, picture, tiny_network

from brushwork.recipes import ReconstructContent, Texture, Transfer


@pytest.fixture(scope="session")
def tiny():
    return tiny_network()


@pytest.fixture(scope="session")
def photograph():
    return picture(1, 48, 64)


@pytest.fixture(scope="session")
def painting():
    return picture(2, 60, 40)


@pytest.fixture
def small_transfer():
    """Options that fit the tiny network; the test's own come on top."""
    given = {
        "content_layers": CONTENT,
        "style_layers": STYLE,
        "content_weight": 1.0,
        "style_weight": 1.0,
        "spread_weight": 0.5,
        "smoothness": 0.1,
        "size": 64,
        "coarsest": 0,
        "iterations": 6,
    }
    return lambda **own: Transfer(**(given | own))


@pytest.fixture
def small_texture():
    given = {"style_layers": STYLE, "picture_size": 48, "iterations": 5}
    return lambda **own: Texture(**(given | own))


@pytest.fixture
def small_reconstruction():
    given = {"layer": "conv2_1", "size": 48, "iterations": 8}
    return lambda **own: ReconstructContent(**(given | own))
