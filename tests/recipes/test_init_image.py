from __future__ import annotations

import pytest
import torch

from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.options import InitOptions
from brushwork.recipes.init_image import add_noise, cover, gray_image, make_init_image
from tolerances import SINGLE

SIZE = Size(160, 200)
WHITES = pytest.mark.parametrize("white", [255.0, 256.0])


class MinimalInitOptions(InitOptions):
    """The group alone."""


@WHITES
def test_gray_is_what_the_network_sees_as_zero(photograph, white):
    seen = make_caffe_preprocess(white)(gray_image(SIZE, photograph, white))
    assert seen.shape == (1, 3, *SIZE)
    assert seen.abs().max() < 255 * SINGLE  # the network's own mean pixel is in float32


@WHITES
@pytest.mark.parametrize("std", [1.0, 20.0])
def test_noise_has_its_deviation_in_the_eyes_of_the_network(photograph, white, std):
    drawn = add_noise(gray_image(SIZE, photograph, white), std, torch.Generator().manual_seed(0), white)
    seen = make_caffe_preprocess(white)(drawn)
    cells = SIZE.area
    assert (seen.mean((2, 3)).abs() < 5 * std / cells**0.5).all()
    assert seen.std((2, 3)).sub(std).abs().max() < 5 * std / (2 * cells) ** 0.5


def test_noise_is_white(photograph):
    drawn = add_noise(gray_image(SIZE, photograph), 1.0, torch.Generator().manual_seed(0)) - gray_image(
        SIZE, photograph
    )
    for shifted in (drawn[..., 1:] * drawn[..., :-1], drawn[..., 1:, :] * drawn[..., :-1, :]):
        assert shifted.mean().abs() < 0.02 * drawn.square().mean()
    assert (drawn[:, 0] * drawn[:, 1]).mean().abs() < 0.02 * drawn.square().mean()


def test_a_seed_is_a_picture(photograph, painting):
    one, same, other = (
        make_init_image(MinimalInitOptions(init="noise", seed=seed), SIZE, photograph, painting) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_noise_leaves_the_global_random_state_alone(photograph, painting):
    before = torch.get_rng_state()
    make_init_image(MinimalInitOptions(init="noise"), SIZE, photograph, painting)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_photograph_and_gray(photograph, painting):
    content = make_init_image(MinimalInitOptions(init="content", init_noise=0.0), SIZE, photograph, painting)
    assert torch.equal(content, resize(photograph, SIZE))
    grainy = make_init_image(MinimalInitOptions(init="content", init_noise=10.0), SIZE, photograph, painting)
    assert (grainy - content).std().item() == pytest.approx(10 / 255, rel=0.05)  # ten deviations of what is drawn
    assert torch.equal(
        make_init_image(MinimalInitOptions(init="gray"), SIZE, photograph, painting), gray_image(SIZE, photograph)
    )


@pytest.mark.parametrize("size", [Size(160, 200), Size(200, 40), Size(33, 91)])
def test_the_painting_covers_the_size_undistorted(size):
    """A ramp stays a ramp of one slope in both directions: nothing is squeezed, and the middle is kept."""
    rows, columns = torch.linspace(-1, 1, 61), torch.linspace(-1, 1, 41)
    ramp = torch.stack(
        [rows[:, None] * 61 / 41 + 0 * columns, 0 * rows[:, None] + columns, 0 * rows[:, None] + 0 * columns]
    )
    covered = cover(ramp[None], size)
    assert Size.of(covered) == size
    inner = covered[..., 8:-8, 8:-8]
    down, across = inner[0, 0].diff(dim=0).mean(), inner[0, 1].diff(dim=1).mean()
    assert down == pytest.approx(across.item(), rel=0.03)  # sides are whole pixels: up to half a pixel of 33
    assert inner[0, 0].mean().abs() < 0.03
    assert inner[0, 1].mean().abs() < 0.03


@pytest.mark.parametrize(
    "init", ["style", "noise", "uniform", "pink", "gray", "mixed", "content", "recolored", "patches"]
)
def test_a_batch_of_content_images_has_as_many(init, photograph, painting):
    photos = torch.cat([photograph, photograph.flip(-1)])
    options = MinimalInitOptions(init=init, init_noise=15.0)
    alone = [make_init_image(options, SIZE, one, painting) for one in torch.split(photos, 1)]
    assert torch.equal(make_init_image(options, SIZE, photos, painting), torch.cat(alone))
