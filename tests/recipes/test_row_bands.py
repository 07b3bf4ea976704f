"""A picture that several ranks share is painted as one process paints it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.gradients.partition import FULL_IMAGE, RowBand
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes import run_recipe
from brushwork.recipes.multiscale import ResumeState
from threaded_ranks import run_on_ranks
from tolerances import DOUBLE

RANKS = 3
SIDE = 56
"""Pixels of a tile: small enough for several in a band."""
SETTINGS = {
    "transfer": {"min_size": 48},
    "adam": {"optimizer": "adam", "learning_rate": 2.0, "ema_decay": 0.5},
    "searched": {"line_search": True, "bounded": True, "init": "noise", "noise": 30.0},
}


def painted(options, pictures, encoder, saved=None, group=None):
    share = FULL_IMAGE if group is None else RowBand.of(encoder, options.encoded_layers, group, Tiling(SIDE))
    return run_recipe(options, pictures, encoder=encoder, resume=saved, partition=share)


def stitched(steps):
    return torch.cat([step.step.image for step in steps], dim=2)


def require_same(one, several):
    for alone, *shared in zip(one, *several, strict=True):
        assert {step.iterations for step in shared} == {alone.iterations}
        assert len({float(step.step.losses.total) for step in shared}) == 1
        torch.testing.assert_close(stitched(shared), alone.step.image, rtol=0, atol=DOUBLE)


@pytest.fixture
def pictures_and_encoder(tiny, photograph, painting):
    return RecipeInputs(photograph, (painting,)), tiny


@pytest.mark.slow
@pytest.mark.parametrize("kind", SETTINGS)
def test_transfers(kind, pictures_and_encoder, small_transfer):
    options = replace(small_transfer(size=96, iterations=6), **SETTINGS[kind])
    pictures, encoder = pictures_and_encoder
    several = run_on_ranks(RANKS, lambda group: list(painted(options, pictures, encoder, group=group)))
    require_same(list(painted(options, pictures, encoder)), several)
    assert min(step.step.image.shape[2] for step in [rank[-1] for rank in several]) > 0


@pytest.mark.slow
def test_textures_and_reconstructions(pictures_and_encoder, small_texture, small_reconstruction):
    pictures, encoder = pictures_and_encoder
    pictures = RecipeInputs(pictures.content)
    for options in (small_texture(size="40x72"), small_reconstruction(size=64)):
        several = run_on_ranks(RANKS, lambda group, asked=options: list(painted(asked, pictures, encoder, group=group)))
        require_same(list(painted(options, pictures, encoder)), several)


@pytest.mark.slow
def test_a_painting_goes_on_with_another_number_of_ranks(pictures_and_encoder, small_transfer):
    """What two ranks saved in the middle of the first size, three take up, and end as one process would."""
    options = small_transfer(size=96, min_size=48, iterations=6)
    pictures, encoder = pictures_and_encoder
    whole = list(painted(options, pictures, encoder))

    def begin(group):
        *_, third = islice(painted(options, pictures, encoder, group=group), 3)
        return third.resume_state()

    parts = run_on_ranks(2, begin)
    joined = {
        name: torch.cat([part.state[name] for part in parts], dim=2) if value.ndim else value
        for name, value in parts[0].state.items()
    }

    def go_on(group):
        share = RowBand.of(encoder, options.encoded_layers, group, Tiling(SIDE))
        mine = {name: share.crop(value) if value.ndim else value for name, value in joined.items()}
        saved = ResumeState(parts[0].level, parts[0].iterations, mine)
        return list(painted(options, pictures, encoder, saved=saved, group=group))

    require_same(whole[3:], run_on_ranks(3, go_on))


@pytest.mark.parametrize("new", [Size(61, 40), Size(30, 25)])
def test_bands_are_resized_as_the_whole_is(new, tiny):
    old = Size(48, 32)
    picture = torch.rand(1, 3, *old, dtype=torch.float64)

    def one(group):
        share = RowBand.of(tiny, ("conv3_1",), group, Tiling(SIDE))
        return share.resize(share.crop(picture), old, new)

    torch.testing.assert_close(torch.cat(run_on_ranks(RANKS, one), dim=2), resize(picture, new), rtol=0, atol=DOUBLE)
