"""The content image put together of patches of the style images."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.controls import StyleRegion
from brushwork.images.geometry import Size
from brushwork.recipes import extract_style, init_patches
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.init_patches import COMPLETENESS, compose_patches, find_patches
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.recipes.transfer_init import TransferInit
from half_masks import left
from tiny_network import picture
from tolerances import DOUBLE

SIZE = Size(40, 56)
RED, BLUE = (torch.tensor(color, dtype=torch.float64).view(1, 3, 1, 1) for color in ([0.9, 0.1, 0.1], [0.1, 0.1, 0.8]))


@pytest.fixture
def pictures():
    return [picture(seed, *SIZE).double() for seed in (1, 2, 3)]


def plain(color):
    return color.expand(1, 3, *SIZE).clone()


def composed(content, *styles, weights=None, masks=None, seed=0):
    return compose_patches(content, styles, weights or [1.0] * len(styles), seed, masks)


def test_the_nearest_key_is_that_of_the_formula():
    queries, keys = (
        torch.randn(count, 5, generator=torch.Generator().manual_seed(7), dtype=torch.float64) for count in (30, 11)
    )
    distances = torch.stack([(query - keys).square().sum(1) for query in queries])
    alpha = COMPLETENESS * queries.var(0, correction=0).sum()
    assert torch.equal(find_patches(queries, keys), (distances / (distances.amin(0) + alpha)).argmin(1))


def test_all_keys_that_are_apart_are_used():
    """Plainly nearest neighbors would leave out what no query is nearest to."""
    keys = torch.tensor([[0.0], [1.0], [5.0]], dtype=torch.float64)
    queries = torch.linspace(0, 1, 50, dtype=torch.float64)[:, None]
    assert set(find_patches(queries, keys).tolist()) == {0, 1, 2}


def test_it_consists_of_what_the_painting_has(pictures):
    one_color = composed(pictures[0], plain(RED))
    torch.testing.assert_close(one_color, plain(RED), rtol=0, atol=DOUBLE)
    found = composed(*pictures[:2])
    assert found.shape == pictures[0].shape
    assert pictures[1].amin() <= found.amin() and found.amax() <= pictures[1].amax()


def test_a_painting_is_put_together_of_itself(pictures):
    """Bright is where it was bright, and not where another painting is."""
    own, other = (composed(pictures[0], one) for one in pictures[:2])
    assert (own - pictures[0]).square().mean() < (other - pictures[0]).square().mean()


def test_the_seed_decides(pictures):
    one, again, other = (composed(*pictures[:2], seed=seed) for seed in (4, 4, 5))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_rows_of_patches_give_what_all_at_once_give(pictures, monkeypatch):
    together = composed(*pictures[:2])
    monkeypatch.setattr(init_patches, "QUERIES", 20)
    torch.testing.assert_close(composed(*pictures[:2]), together, rtol=0, atol=DOUBLE)


def test_components_are_those_of_any_device(pictures, monkeypatch):
    """Apple's GPUs have neither float64 nor eigenvectors: these are taken in float64 on the CPU."""
    decomposed, decompose = [], torch.linalg.eigh
    monkeypatch.setattr(torch.linalg, "eigh", lambda matrix: (decomposed.append(matrix), decompose(matrix))[1])
    found = composed(*(one.float() for one in pictures[:2]))
    assert {(one.device.type, one.dtype) for one in decomposed} == {("cpu", torch.float64)}
    assert found.dtype == torch.float32


def test_weights_and_masks_say_where_patches_come_from(pictures):
    content = pictures[0]
    assert torch.equal(composed(content, plain(RED), plain(BLUE), weights=[0.0, 1.0]), composed(content, plain(BLUE)))
    half = left(*SIZE)
    halves = torch.where(half.bool()[None], plain(RED), plain(BLUE))
    red, both = (
        (found[:, 0] > found[:, 2]).double().mean()
        for found in (composed(content, halves, masks=[half]), composed(content, halves))
    )
    assert red > 0.95  # patches at the border have both colors
    assert both < 0.8


@pytest.mark.parametrize("sides", [(1, 1), (6, 40), (3, 200)])
def test_what_is_smaller_than_a_patch_stays(pictures, sides):
    small = picture(5, *sides).double()
    assert torch.equal(composed(small, pictures[1]), small)
    assert torch.equal(composed(pictures[0], small), pictures[0])
    assert torch.equal(composed(*pictures[:2], masks=[torch.zeros(1, *SIZE)]), pictures[0])


@pytest.fixture
def options(small_transfer):
    return small_transfer(init="patches", init_noise=0.0)


def test_the_start_is_half_patches(options, pictures, tiny):
    content, style, _ = pictures
    start = TransferInit(TransferProblem(content, [style], options, tiny))
    recolored = start.recolor_content(SIZE)
    expected = (recolored + composed(recolored, style)) / 2
    torch.testing.assert_close(start.image_at(SIZE), expected, rtol=0, atol=DOUBLE)


def test_a_style_file_without_pictures_gives_the_recolored_content(options, pictures, tiny):
    content, style, _ = pictures
    kept = extract_style(style, options, "style", encoder=tiny)
    start = TransferInit(TransferProblem(content, [kept], options, tiny))
    assert torch.equal(start.compose_patches(SIZE), start.recolor_content(SIZE))


def test_each_region_takes_patches_of_its_own(options, pictures, tiny):
    content, half = pictures[0], left(*SIZE)
    styles = [plain(RED) + 0.02 * pictures[1], plain(BLUE) + 0.02 * pictures[2]]
    regions = (StyleRegion(half, torch.ones(1, *SIZE), 0), StyleRegion(1 - half, torch.ones(1, *SIZE), 1))
    found = TransferInit(TransferProblem(content, styles, options, tiny, regions=regions)).compose_patches(SIZE)
    redder = found[0, 0] > found[0, 2]
    assert torch.equal(redder, half[0].bool())


def test_other_recipes_take_it_from_pictures(options, pictures):
    content, style, _ = pictures
    found = make_init_image(options, SIZE, content, style)
    recolored = make_init_image(replace(options, init="recolored"), SIZE, content, style)
    assert not torch.equal(found, recolored)
    assert found.shape == content.shape
