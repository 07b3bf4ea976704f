"""Recipes that evaluate their pictures tile by tile paint what they paint at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.gradients import tiled
from brushwork.gradients.partition import FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.recipes import run_recipe
from brushwork.storage import mapped
from tolerances import DOUBLE

IN_TILES = FullImage(Tiling(40))


def last(options, pictures, encoder, share):
    *_, progress = run_recipe(options, pictures, encoder=encoder, partition=share)
    return progress


@pytest.fixture
def pictures(photograph, painting):
    return RecipeInputs(photograph, (painting,))


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["small_transfer", "small_texture", "small_reconstruction"])
def test_tiles_paint_the_same_picture(recipe, request, pictures, tiny):
    options = request.getfixturevalue(recipe)()
    options = replace(options, iterations=3, optimizer="adam", learning_rate=1.0)
    found, expected = (last(options, pictures, tiny, share) for share in (IN_TILES, FullImage()))
    torch.testing.assert_close(found.step.losses.total, expected.step.losses.total, rtol=DOUBLE, atol=0)
    assert (found.image - expected.image).abs().mean() < DOUBLE


@pytest.mark.slow
def test_large_targets_lie_in_files(pictures, tiny, small_transfer, monkeypatch):
    shapes = []
    monkeypatch.setattr(tiled, "empty_or_mapped", partial(mapped.empty_or_mapped, large=1))
    monkeypatch.setattr(
        mapped, "empty_mapped", lambda shape, dtype: shapes.append(shape) or torch.empty(*shape, dtype=dtype)
    )
    last(small_transfer(iterations=1), pictures, tiny, IN_TILES)
    assert shapes == [(1, 12, 24, 32)]
