from __future__ import annotations

from functools import partial

import pytest
import torch

from brushwork.errors import InputError
from brushwork.gradients.tiled import sum_tiled
from brushwork.style import Style, blend_styles
from tiny_network import picture, tiny_network
from tolerances import DOUBLE

LAYERS = ("conv1_1", "pool2")


@pytest.fixture(scope="module")
def encoder():
    return tiny_network().double()


@pytest.fixture(scope="module")
def styles(encoder):
    return [Style.of(picture(seed, 32, 40).double(), encoder, LAYERS) for seed in (1, 2, 3)]


def test_a_style_is_the_moments_of_its_features(encoder, styles):
    features = encoder(picture(1, 32, 40).double(), LAYERS)
    for layer in LAYERS:
        columns = features[layer].flatten(2)
        found = styles[0].statistics[layer]
        torch.testing.assert_close(found.gram, columns @ columns.mT / columns.shape[-1])
        torch.testing.assert_close(found.mean, columns.mean(-1))
        torch.testing.assert_close(found.std, columns.std(-1, correction=0))


def test_a_style_can_be_summed_tile_by_tile(encoder, styles):
    found = Style.of(picture(1, 32, 40).double(), encoder, LAYERS, partial(sum_tiled, side=24))
    for layer in LAYERS:
        for name in ("gram", "mean", "std"):
            expected = getattr(styles[0].statistics[layer], name)
            torch.testing.assert_close(getattr(found.statistics[layer], name), expected, rtol=DOUBLE, atol=DOUBLE)


def test_a_style_remembers_no_graph(encoder):
    leaf = picture(1, 32, 40).double().requires_grad_()
    assert not Style.of(leaf, encoder, LAYERS).statistics["pool2"].gram.requires_grad


def test_the_size_of_the_painting_is_divided_out(encoder):
    """A painting beside itself has the same style, but for the seam."""
    once = picture(1, 96, 96).double()
    one, two = (
        Style.of(image, encoder, ["conv1_1"]).statistics["conv1_1"] for image in (once, once.repeat(1, 1, 1, 2))
    )
    for name in ("gram", "mean", "std"):
        torch.testing.assert_close(getattr(one, name), getattr(two, name), rtol=0.1, atol=0)


def mixed(styles, shares, name):
    return sum(share * getattr(style.statistics["pool2"], name) for share, style in zip(shares, styles, strict=True))


@pytest.mark.parametrize(
    ("weights", "shares"),
    [(None, (1 / 3, 1 / 3, 1 / 3)), ((2.0, 1.0, 1.0), (0.5, 0.25, 0.25)), ((0.0, 0.0, 0.1), (0.0, 0.0, 1.0))],
)
@pytest.mark.parametrize("name", ["gram", "mean", "std"])
def test_blends_are_weighted_means(styles, weights, shares, name):
    found = getattr(blend_styles(styles, weights).statistics["pool2"], name)
    torch.testing.assert_close(found, mixed(styles, shares, name))


def test_one_style_blends_to_itself(styles):
    for layer in LAYERS:
        torch.testing.assert_close(blend_styles(styles[:1]).statistics[layer].gram, styles[0].statistics[layer].gram)


@pytest.mark.parametrize(
    ("count", "weights", "message"),
    [
        (0, None, "no style was given"),
        (2, (1.0,), "1 weights were given to blend 2 styles"),
        (2, (1.0, -1.0), "must be 0 or more"),
        (2, (0.0, 0.0), "not all 0"),
        (2, (float("nan"), 1.0), "finite"),
        (2, (float("inf"), 1.0), "finite"),
    ],
)
def test_what_a_blend_refuses(styles, count, weights, message):
    with pytest.raises(InputError, match=message):
        blend_styles(styles[:count], weights)


@pytest.mark.parametrize("order", [1, -1])
def test_styles_of_different_layers_are_not_blended(styles, order):
    shallow = Style({"pool2": styles[0].statistics["pool2"]})
    with pytest.raises(InputError, match="different layers"):
        blend_styles([styles[0], shallow][::order])
