"""The content image in the colors of the style images, as a start and as detail for each finer size."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.controls import StyleRegion
from brushwork.controls.inputs import RecipeInputs
from brushwork.errors import InputError
from brushwork.gradients.partition import RowBand
from brushwork.gradients.tiled import Tiling
from brushwork.images.color_transfer import color_moments, masked_color_moments
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes import extract_style, run_recipe, transfer
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.recipes.transfer_init import TransferInit
from half_masks import left
from threaded_ranks import run_on_ranks
from tiny_network import picture
from tolerances import DOUBLE, SINGLE

SIZE = Size(48, 64)


@pytest.fixture
def unclipped_pictures():
    """Colors that fit into [0, 1] after any change: nothing is clipped, so moments are met."""
    return [0.4 + 0.2 * picture(seed, 48, 64).double() for seed in (1, 2, 3)]


@pytest.fixture
def options(small_transfer):
    return small_transfer(init="recolored", init_noise=0.0)


def moments_of(image):
    return torch.cat([one.flatten() for one in color_moments(image)])


def test_it_has_the_mean_and_covariance_of_the_painting(options, unclipped_pictures, tiny):
    content, style, _ = unclipped_pictures
    found = TransferInit(TransferProblem(content, [style], options, tiny)).recolor_content(SIZE)
    torch.testing.assert_close(moments_of(found), moments_of(style), rtol=0, atol=SINGLE)
    assert not torch.allclose(moments_of(content), moments_of(style), rtol=0, atol=1e-3)


def test_it_is_an_affine_map_of_the_content(options, unclipped_pictures, tiny):
    content, style, _ = unclipped_pictures
    found = TransferInit(TransferProblem(content, [style], options, tiny)).recolor_content(SIZE)
    columns = torch.cat([content[0].flatten(1), torch.ones(1, SIZE.area, dtype=torch.float64)]).T
    fitted = columns @ torch.linalg.lstsq(columns, found[0].flatten(1).T).solution
    torch.testing.assert_close(fitted.T, found[0].flatten(1), rtol=0, atol=DOUBLE)


def test_of_several_paintings_colors_are_blended(options, unclipped_pictures, tiny):
    """The mean of a blend is that of the means, and so is E[x xᵀ]."""
    content, *styles = unclipped_pictures
    blend = replace(options, style_blend=(3.0, 1.0))
    found = color_moments(TransferInit(TransferProblem(content, styles, blend, tiny)).recolor_content(SIZE))[0]
    means = [color_moments(style)[0] for style in styles]
    torch.testing.assert_close(found, 0.75 * means[0] + 0.25 * means[1], rtol=0, atol=SINGLE)


def test_a_style_file_gives_the_colors_of_its_painting(options, unclipped_pictures, tiny):
    content, style, _ = unclipped_pictures
    kept = extract_style(style, options, "style", encoder=tiny)
    one, two = (
        TransferInit(TransferProblem(content, [given], options, tiny)).recolor_content(SIZE) for given in (style, kept)
    )
    torch.testing.assert_close(one, two, rtol=0, atol=SINGLE)
    old = replace(kept, styles={size: _without_colors(one) for size, one in kept.styles.items()})
    with pytest.raises(InputError, match="has no colors: extract it again, or use --init content"):
        TransferInit(TransferProblem(content, [old], options, tiny)).recolor_content(SIZE)
    patches = replace(options, init="patches")
    with pytest.raises(InputError, match=r"init is patches, but .* has no colors: extract it again"):
        TransferInit(TransferProblem(content, [old], patches, tiny)).image_at(SIZE)


def _without_colors(style):
    return replace(style, statistics={layer: one for layer, one in style.statistics.items() if layer != "pixels"})


def test_each_region_takes_the_colors_of_its_own(options, unclipped_pictures, tiny):
    content, *styles = unclipped_pictures
    half, other = left(48, 64), 1 - left(48, 64)
    regions = (StyleRegion(half, other, 0), StyleRegion(other, half, 1))
    found = TransferInit(TransferProblem(content, styles, options, tiny, regions=regions)).recolor_content(SIZE)
    for region in regions:
        own = masked_color_moments(found, region.content)
        wanted = masked_color_moments(styles[region.style_index], region.style)
        for mine, theirs in zip(own, wanted, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=0, atol=SINGLE)


def test_pixels_of_no_region_stay(options, unclipped_pictures, tiny):
    content, style, _ = unclipped_pictures
    half, empty = left(48, 64), torch.zeros(1, 48, 64)
    regions = (StyleRegion(half, half), StyleRegion(1 - half, empty))
    found = TransferInit(TransferProblem(content, [style], options, tiny, regions=regions)).recolor_content(SIZE)
    inside = half[0].bool()
    assert torch.equal(found[..., ~inside], content[..., ~inside])
    assert not torch.equal(found[..., inside], content[..., inside])


def test_masked_moments_of_everything_are_those_of_the_image(unclipped_pictures):
    everything = masked_color_moments(unclipped_pictures[0], torch.ones(1, 48, 64))
    for one, two in zip(everything, color_moments(unclipped_pictures[0]), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=DOUBLE)


def test_a_run_begins_with_it(options, unclipped_pictures, tiny):
    content, style, _ = unclipped_pictures
    first = next(transfer(content, style, replace(options, init_noise=5.0), encoder=tiny))
    start = TransferInit(TransferProblem(content, [style], options, tiny)).recolor_content(SIZE)
    drawn = torch.randn(start.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(first.step.image, start + drawn * 5 / 255, rtol=0, atol=DOUBLE)


def test_other_recipes_take_it_from_pictures(options, unclipped_pictures):
    content, style, _ = unclipped_pictures
    torch.testing.assert_close(
        moments_of(make_init_image(options, SIZE, content, style)), moments_of(style), rtol=0, atol=SINGLE
    )


@pytest.mark.parametrize("init", ["recolored", "content", "style"])
@pytest.mark.parametrize("detail", [0.5, 1.0])
def test_the_enlarged_result_gets_the_detail_of_the_start(options, unclipped_pictures, tiny, init, detail):
    content, style, _ = unclipped_pictures
    old, new = Size(48, 64), Size(96, 128)
    fine, finer = (torch.nn.functional.interpolate(one, scale_factor=2) for one in (content, style))
    problem = TransferProblem(fine, [finer], replace(options, init=init, detail=detail), tiny)
    start = TransferInit(problem)
    plain = {size: TransferInit(problem).image_at(size) for size in (old, new)}
    torch.testing.assert_close(
        start.detail(old, new), detail * (plain[new] - resize(plain[old], new)), rtol=0, atol=DOUBLE
    )


@pytest.mark.parametrize("own", [{"init": "noise"}, {"init": "gray"}, {"detail": 0.0}])
def test_some_starts_have_no_detail(options, unclipped_pictures, tiny, own):
    problem = TransferProblem(
        unclipped_pictures[0], unclipped_pictures[1:2], replace(options, **({"detail": 1.0} | own)), tiny
    )
    assert TransferInit(problem).detail(SIZE, Size(96, 128)) is None


def two_sizes(options):
    return replace(options, size=96, min_size=48, iterations=2, finer_iterations=2, detail=1.0)


def test_a_finer_size_begins_with_the_detail(options, photograph, painting, tiny):
    steps = list(transfer(photograph, painting, two_sizes(options), encoder=tiny))
    before, first = steps[1], steps[2]
    old, new = (level.size for level in first.levels)
    start = TransferInit(TransferProblem(photograph, [painting], two_sizes(options), tiny))
    expected = resize(before.step.image, new) + start.detail(old, new)
    torch.testing.assert_close(first.step.image, expected, rtol=0, atol=DOUBLE)


def test_the_detail_of_a_given_start(options, photograph, painting, tiny):
    problem = TransferProblem(photograph, [painting], two_sizes(options), tiny)
    given = picture(7, 96, 128).double()
    found = TransferInit(problem, given).detail(Size(48, 64), Size(96, 128))
    torch.testing.assert_close(found, given - resize(resize(given, Size(48, 64), clamp=True), Size(96, 128)))


def test_ranks_add_their_part_of_the_detail(options, photograph, painting, tiny):
    given = two_sizes(options)

    def painted(group):
        band = RowBand.of(tiny, given.encoded_layers, group, Tiling(56))
        return list(run_recipe(given, RecipeInputs(photograph, (painting,)), encoder=tiny, partition=band))[-1]

    several = torch.cat([last.step.image for last in run_on_ranks(3, painted)], dim=2)
    alone = list(transfer(photograph, painting, given, encoder=tiny))[-1].step.image
    torch.testing.assert_close(several, alone, rtol=0, atol=DOUBLE)
