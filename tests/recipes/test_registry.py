"""All recipes behind one door."""

from __future__ import annotations

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.images.geometry import Size
from brushwork.recipes import (
    TransferOptions,
    reconstruct,
    run_recipe,
    synthesize_texture,
    transfer,
)


def pictures_of(steps):
    return [step.image for step in steps]


@pytest.fixture(params=["transfer", "texture", "reconstruction"])
def case(request, tiny, photograph, painting):
    """Options, the pictures, and the recipe called directly."""
    options = request.getfixturevalue(f"small_{request.param}")(iterations=3)
    pictures = RecipeInputs(photograph, (painting,))
    direct = {
        "transfer": lambda: transfer(photograph, [painting], options, encoder=tiny),
        "texture": lambda: synthesize_texture(photograph, options, encoder=tiny),
        "reconstruction": lambda: reconstruct(photograph, options, encoder=tiny),
    }
    return options, pictures, direct[request.param]


@pytest.mark.slow
def test_run_is_the_recipe_that_the_options_belong_to(case, tiny):
    options, pictures, direct = case
    found, expected = pictures_of(run_recipe(options, pictures, encoder=tiny)), pictures_of(direct())
    assert len(found) > 1
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_plan_has_the_levels_that_are_then_run(case, tiny):
    options, pictures, _ = case
    first, *_ = run_recipe(options, pictures, encoder=tiny)
    assert options.schedule(Size.of(pictures.content)) == list(first.levels)


def test_encoded_layers_are_those_that_are_read(case, tiny, monkeypatch):
    options, pictures, _ = case
    requested = set()
    forward = type(tiny).forward
    monkeypatch.setattr(type(tiny), "forward", lambda own, image, names: forward(own, image, _noted(names, requested)))
    list(run_recipe(options, pictures, encoder=tiny))
    assert {tiny.layer(name) for name in requested - {"pixels"}} == {
        tiny.layer(name) for name in options.encoded_layers
    }


def _noted(names, requested):
    names = list(names)
    requested.update(names)
    return names


def test_the_default_reads_vgg_where_the_papers_do():
    assert TransferOptions().encoded_layers == ("conv4_2", "conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


def test_a_start_is_handed_on(case, tiny):
    options, pictures, _ = case
    black = torch.zeros_like(pictures.content)
    first = next(run_recipe(options, pictures._replace(init=black), encoder=tiny))
    assert first.image.abs().max() == 0
