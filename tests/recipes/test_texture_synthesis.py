from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes import synthesize_texture
from brushwork.recipes.texture_options import TextureOptions, texture_size
from tolerances import DOUBLE


@pytest.mark.parametrize(
    ("size", "expected"), [("", (48, 40)), ("64x32", (32, 64)), ("33×100", (100, 33)), ("1024x512", (512, 1024))]
)
def test_canvas_sizes(size, expected):
    assert texture_size(TextureOptions(size=size), Size(48, 40)) == expected


@pytest.mark.parametrize("size", ["31x64", "64x31", "0x0"])
def test_canvases_too_small_are_refused(size):
    with pytest.raises(InputError, match=f"size is {size}: it must be at least 32 pixels a side"):
        texture_size(TextureOptions(size=size), Size(48, 40))


def test_the_picture_is_encoded_in_its_own_proportions(small_texture, tiny, painting):
    *_, last = synthesize_texture(painting, small_texture(measure="long"), encoder=tiny)
    assert Size.of(last.image) == (48, 32)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["96x64", "40x80"])
def test_a_larger_canvas_gets_the_same_texture(size, small_texture, tiny, painting):
    steps = [
        step.step
        for step in synthesize_texture(
            painting, small_texture(size=size, iterations=30, line_search=True), encoder=tiny
        )
    ]
    width, height = map(int, size.split("x"))
    assert Size.of(steps[-1].image) == (height, width)
    assert steps[-1].losses.total < 0.05 * steps[0].losses.total


def test_the_picture_itself_has_its_own_texture(small_texture, tiny, painting):
    first = next(synthesize_texture(painting, small_texture(init="content", measure="long"), encoder=tiny))
    noise = next(synthesize_texture(painting, small_texture(measure="long"), encoder=tiny))
    assert first.step.losses.total < DOUBLE * noise.step.losses.total


def test_coarse_levels_encode_a_smaller_picture(small_texture, tiny, painting):
    """On the small level, the texture of the small picture has no loss."""
    options = small_texture(measure="long", picture_size=96, min_size=48, iterations=1)
    small = resize(painting, Size(48, 32))
    first, *_ = synthesize_texture(painting, options, encoder=tiny, init=small)
    assert [level.size for level in first.levels] == [(48, 32), (96, 64)]
    noise = next(synthesize_texture(painting, options, encoder=tiny))
    assert first.step.losses.total < DOUBLE * noise.step.losses.total


def test_a_picture_too_small_is_refused(small_texture, tiny):
    with pytest.raises(InputError, match="the source image is 16×40 pixels"):
        synthesize_texture(torch.rand(1, 3, 40, 16), small_texture(), encoder=tiny)
