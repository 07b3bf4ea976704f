from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.recipes import Region, take_style, transfer
from brushwork.recipes.guides import carried
from brushwork.recipes.regions import Guiding, models_of
from brushwork.recipes.share import ALONE
from brushwork.terms import guided_gram_target, guided_spread_target, normalized_guides


def left(height, width):
    mask = torch.zeros(1, height, width)
    mask[..., : width // 2] = 1
    return mask


@pytest.fixture
def halves():
    return tuple(Region(mask(48, 64), mask(60, 40)) for mask in (left, lambda *size: 1 - left(*size)))


@pytest.mark.parametrize("way", ["simple", "all", "inside"])
def test_models_are_guided_moments(way, tiny, painting, halves):
    found = models_of(halves, painting, 0, Guiding(way, 0.0), ["conv1_1", "pool2"], tiny, ALONE)
    assert found.keys() == {(layer, number) for layer in ("conv1_1", "pool2") for number in (0, 1)}
    masks = torch.cat([region.painting for region in halves])
    for layer, feature in tiny(painting, ["conv1_1", "pool2"]).items():
        guides = normalized_guides(carried(masks, layer, tiny, way))
        grams, (means, stds) = guided_gram_target(feature, guides), guided_spread_target(feature, guides)
        for number in (0, 1):
            moments = found[layer, number].moments
            torch.testing.assert_close(moments.gram, grams[:, number])
            torch.testing.assert_close(moments.mean, means[:, number])
            torch.testing.assert_close(moments.std, stds[:, number], rtol=1e-4, atol=1e-3)


def test_a_painting_without_regions_has_no_models(tiny, painting, halves):
    assert models_of(halves, painting, 1, Guiding("simple", 0.0), ["pool1"], tiny, ALONE) == {}


def test_regions_that_cannot_be_are_refused(small_transfer, tiny, photograph, painting, halves):
    def refused(message, paintings=(painting,), regions=halves, **own):
        with pytest.raises(InputError, match=message):
            transfer(photograph, paintings, small_transfer(**own), encoder=tiny, regions=regions)

    refused("painting 2 has no region", (painting, photograph))
    refused("region 2 is of painting 3, and 1 are given", regions=(halves[0], Region(*[torch.ones(1, 4, 4)] * 2, 2)))
    refused("region 1 has masks of 2 maps", regions=(Region(torch.ones(2, 4, 4), torch.ones(1, 4, 4)),))
    refused("leave style-blend away", style_blend=(1.0,))
    refused("regions have moments of their own, and the loss sliced wants more", loss=("sliced",))
    kept = take_style(painting, small_transfer(), "a painting", encoder=tiny)
    refused("of a painting only the style is kept, which has no regions", (kept,))
