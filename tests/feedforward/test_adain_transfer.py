from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from brushwork.controls import RecipeInputs, StyleRegion
from brushwork.devices.meter import META, MemoryMeter
from brushwork.errors import InputError
from brushwork.feedforward.adain_transfer import transfer_adain
from brushwork.feedforward.inference import run_stylizer
from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size
from tolerances import PAINTED

OPTIONS = AdaINOptions(size="full")


@pytest.fixture(scope="module")
def stylizer():
    return OPTIONS.load_stylizer(torch.device("cpu"))


def _picture(height, width, seed):
    spots = torch.rand(1, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(seed))
    return functional.interpolate(spots, size=(height, width), mode="bicubic").clamp(0, 1)


PHOTOGRAPH, PAINTING, OTHER = _picture(48, 64, 0), _picture(40, 56, 1), _picture(56, 40, 2)


def _half(height, width, left):
    mask = torch.zeros(1, height, width)
    mask[..., : width // 2] = 1
    return mask if left else 1 - mask


def _regions():
    return tuple(
        StyleRegion(_half(48, 64, left), torch.ones(1, 8, 8), whose) for whose, left in enumerate((True, False))
    )


@pytest.mark.slow
@pytest.mark.parametrize("regions", [False, True])
def test_tiles_equal_the_whole(stylizer, regions):
    photograph, paintings = _picture(171, 203, 3), [PAINTING, OTHER]
    given = _regions() if regions else ()
    options = replace(OPTIONS, style_scale=(0.5,))
    whole = transfer_adain(photograph, paintings, options, stylizer=stylizer, regions=given)
    tiled = transfer_adain(photograph, paintings, options, stylizer=stylizer, regions=given, side=136)
    assert whole.shape == photograph.shape
    assert float((whole - tiled).abs().max()) < PAINTED


def test_the_size_is_what_is_requested(stylizer):
    assert Size.of(transfer_adain(PHOTOGRAPH, [PAINTING], AdaINOptions(size=45), stylizer=stylizer)) == Size(34, 45)


def test_strength_goes_from_what_the_decoder_makes_of_the_photograph_to_the_style(stylizer):
    none, half, full = (
        transfer_adain(PHOTOGRAPH, [PAINTING], replace(OPTIONS, strength=strength), stylizer=stylizer)
        for strength in (0, 0.5, 1)
    )
    own = transfer_adain(PHOTOGRAPH, [PHOTOGRAPH], OPTIONS, stylizer=stylizer)
    torch.testing.assert_close(none, own, rtol=0, atol=PAINTED)
    assert (half - none).abs().mean() < (full - none).abs().mean()


def test_a_blend_with_all_weight_on_one_painting_is_that_painting(stylizer):
    only = transfer_adain(PHOTOGRAPH, [PAINTING], OPTIONS, stylizer=stylizer)
    blend = transfer_adain(PHOTOGRAPH, [PAINTING, OTHER], replace(OPTIONS, style_blend=(1.0, 0.0)), stylizer=stylizer)
    torch.testing.assert_close(blend, only, rtol=0, atol=PAINTED)


def test_one_region_that_is_everything_is_no_region(stylizer):
    everything = StyleRegion(torch.ones(1, 48, 64), torch.ones(1, 40, 56))
    found = transfer_adain(PHOTOGRAPH, [PAINTING], OPTIONS, stylizer=stylizer, regions=[everything])
    torch.testing.assert_close(
        found, transfer_adain(PHOTOGRAPH, [PAINTING], OPTIONS, stylizer=stylizer), rtol=0, atol=PAINTED
    )


def test_what_belongs_to_no_region_stays_as_it_is(stylizer):
    photograph = _picture(48, 160, 0)
    left = StyleRegion(_half(48, 160, True), torch.ones(1, 8, 8))
    found = transfer_adain(photograph, [PAINTING], OPTIONS, stylizer=stylizer, regions=[left])
    own = transfer_adain(photograph, [photograph], OPTIONS, stylizer=stylizer)
    torch.testing.assert_close(found[..., 120:], own[..., 120:], rtol=0, atol=PAINTED)
    assert (found[..., :48] - own[..., :48]).abs().mean() > 0.02


def test_colors_of_the_photograph_can_be_kept(stylizer):
    kept = transfer_adain(PHOTOGRAPH, [PAINTING], replace(OPTIONS, color="keep-luminance"), stylizer=stylizer)
    free = transfer_adain(PHOTOGRAPH, [PAINTING], OPTIONS, stylizer=stylizer)
    own = PHOTOGRAPH.mean((2, 3)) - PHOTOGRAPH.mean()
    assert ((kept.mean((2, 3)) - kept.mean()) - own).abs().max() < ((free.mean((2, 3)) - free.mean()) - own).abs().max()


def test_strokes_come_to_an_end_and_never_go_back(stylizer):
    seen = list(run_stylizer(OPTIONS, RecipeInputs(PHOTOGRAPH, (PAINTING,)), stylizer, 136))
    shares = [stroke.done for stroke in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert [stroke.image is None for stroke in seen] == [True] * (len(seen) - 1) + [False]


def test_on_meta_it_takes_memory_and_in_tiles_less(stylizer):
    def peak(side):
        pictures = RecipeInputs(torch.empty(1, 3, 480, 640, device=META), (torch.empty(1, 3, 64, 64, device=META),))
        with MemoryMeter() as meter:
            *_, last = run_stylizer(OPTIONS, pictures, stylizer.to_meta(), side)
        assert last.image is not None
        assert last.image.shape == (1, 3, 480, 640)
        return meter.peak

    assert peak(256) < peak(None) / 2


@pytest.mark.parametrize(
    ("paintings", "options", "regions", "message"),
    [
        ([], OPTIONS, (), "no style image was given"),
        ([PAINTING[..., :20]], OPTIONS, (), "a style image is 20×40 pixels"),
        ([PAINTING], replace(OPTIONS, style_blend=(1.0, 2.0)), (), "2 weights were given to blend 1 styles"),
        ([PAINTING], replace(OPTIONS, style_scale=(1, 2)), _regions()[:1], "each style image at one scale"),
        ([PAINTING, OTHER], OPTIONS, _regions()[:1], "style image 2 has no region"),
        (
            [PAINTING],
            OPTIONS,
            (StyleRegion(torch.zeros(1, 48, 64), torch.ones(1, 8, 8)),),
            "region 1 is too small for the encoder",
        ),
    ],
)
def test_what_cannot_go_together_is_refused(stylizer, paintings, options, regions, message):
    with pytest.raises(InputError, match=message):
        transfer_adain(PHOTOGRAPH, paintings, options, stylizer=stylizer, regions=regions)


@pytest.mark.parametrize(
    "wrong", [{"strength": 1.5}, {"strength": -0.1}, {"style_scale": ()}, {"style_scale": (0,)}, {"feather": -1}]
)
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong)).replace("_", "-")):
        AdaINOptions(**wrong)


def test_pictures_in_any_form(stylizer):
    levels = [(one[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy() for one in (PHOTOGRAPH, PAINTING)]
    photo, art = (torch.from_numpy(one).permute(2, 0, 1)[None] / 255 for one in levels)
    expected = transfer_adain(photo, [art], OPTIONS, stylizer=stylizer)
    assert torch.equal(transfer_adain(levels[0], levels[1], OPTIONS, stylizer=stylizer), expected)
    assert torch.equal(transfer_adain(photo.double(), art[0], OPTIONS, stylizer=stylizer), expected)
    with pytest.raises(InputError, match="the content image holds floats"):
        transfer_adain(photo * 255, art, OPTIONS, stylizer=stylizer)
