from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from brushwork.controls import StyleRegion
from brushwork.controls.adain import channel_statistics
from brushwork.errors import InputError
from brushwork.feedforward.adain_statistics import LAYER, RegionRestyle, StyleEncoder, restyle_regions
from brushwork.feedforward.adain_transfer import transfer_adain
from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size
from brushwork.images.geometry import Window
from brushwork.recipes import TransferOptions, extract_style

OPTIONS = AdaINOptions(size="full")


@pytest.fixture(scope="module")
def stylizer():
    return OPTIONS.load_stylizer(torch.device("cpu"))


def _picture(height, width, seed):
    spots = torch.rand(1, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(seed))
    return functional.interpolate(spots, size=(height, width), mode="bicubic").clamp(0, 1)


def _ended(steps):
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


EXTRACTED = TransferOptions(size=64, style_layers=("conv1_1",), content_layers=("conv1_1",))


@pytest.mark.slow
@torch.no_grad()
def test_a_style_file_paints_as_its_painting_bit_for_bit(stylizer):
    """Also where the last rows do not fill the pools: AdaIN keeps them, and an optimization does not."""
    photograph, paintings = _picture(64, 48, 0), [_picture(64, 88, 1)[..., :61, :83], _picture(80, 64, 2)[..., :77, :]]
    files = [extract_style(one, EXTRACTED, source="spots.png") for one in paintings]
    for some in (slice(1), slice(2)):
        own, true = (transfer_adain(photograph, one[some], OPTIONS, stylizer=stylizer) for one in (files, paintings))
        assert torch.equal(own, true)


@pytest.mark.slow
@torch.no_grad()
def test_a_style_file_has_a_scale_of_its_own_beside_images(stylizer):
    painting = _picture(64, 88, 1)
    file = extract_style(painting, EXTRACTED, source="spots.png")
    for styles, scales in (([painting, file], (1.0, 0.8)), ([file], (1.0, 0.8))):
        stylized = transfer_adain(_picture(64, 48, 0), styles, replace(OPTIONS, style_scale=scales), stylizer=stylizer)
        assert stylized.isfinite().all()


@pytest.mark.slow
def test_a_style_of_another_network_is_refused(stylizer):
    options = replace(EXTRACTED, network="vgg19")
    file = extract_style(_picture(64, 64, 1), options, source="spots.png")
    with pytest.raises(InputError, match=r"spots.png was extracted with vgg19, .*extract it again"):
        transfer_adain(_picture(64, 64, 0), [file], OPTIONS, stylizer=stylizer)


@torch.no_grad()
def test_regions_have_the_statistics_of_their_parts(stylizer):
    painting = torch.cat([_picture(64, 64, 1), _picture(64, 64, 2) * 0.3], 3)
    masks = torch.zeros(2, 1, 64, 128)
    masks[0, ..., :64], masks[1, ..., 64:] = 1, 1
    regions = [StyleRegion(mask, mask) for mask in masks]
    style_encoder = StyleEncoder(stylizer.encoder, OPTIONS, Size(64, 128))
    left, right = _ended(style_encoder.encode_regions(regions, [painting]))
    feature = stylizer.encoder(painting, [LAYER])[LAYER]
    guides = style_encoder.region_guides(regions)
    torch.testing.assert_close(left, channel_statistics(feature, guides[:1]))
    torch.testing.assert_close(right, channel_statistics(feature, guides[1:]))
    assert float(left.mean.mean()) != pytest.approx(float(right.mean.mean()), rel=0.1)


def test_where_regions_overlap_they_share():
    feature = torch.rand(1, 4, 6, 6)
    guides = torch.full((2, 1, 6, 6), 0.5)
    found = restyle_regions(feature, [channel_statistics(feature)] * 2, guides, 1.0)
    assert isinstance(found, RegionRestyle)
    torch.testing.assert_close(found(feature, Window.whole(Size(6, 6))), feature)


def test_a_region_without_a_cell_is_refused(stylizer):
    style_encoder = StyleEncoder(stylizer.encoder, OPTIONS, Size(64, 64))
    with pytest.raises(InputError, match="region 1 is too small for the encoder at 64×64"):
        style_encoder.region_guides([StyleRegion(torch.zeros(1, 64, 64), torch.ones(1, 8, 8))])
