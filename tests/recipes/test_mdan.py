from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError, NotAdditiveError
from brushwork.gradients.partition import FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes import MDANOptions, transfer_mdan
from tolerances import rounding

TINY = MDANOptions(size=64, iterations=6, content_layer="conv3_1", style_layer="conv2_1", patch=6, patch_stride=3)


@pytest.fixture
def tiny(tiny):
    return tiny.float()  # as the discriminator is


@pytest.fixture
def photograph(photograph):
    return photograph.float()


@pytest.fixture
def painting(painting):
    return painting.float()


def images(steps):
    return [step.step.image for step in steps]


def test_it_walks_from_the_photograph_within_its_budget(tiny, photograph, painting):
    steps = list(transfer_mdan(photograph, [painting], TINY, encoder=tiny))
    assert [step.step.index for step in steps] == [1, 2, 3, 4, 5, 6]
    assert torch.equal(steps[0].step.point, resize(photograph, Size(48, 64)))
    assert steps[0].levels == TINY.schedule(Size.of(photograph))
    moved = (steps[-1].step.point - steps[0].step.point).abs()
    assert 0 < moved.max() <= 5 * 2 * TINY.learning_rate
    assert steps[0].step.losses.terms.keys() == {"style", "content:conv3_1", "tv"}


def test_content_is_a_share_of_the_photographs(tiny, photograph, painting):
    first, *_ = transfer_mdan(photograph, [painting], TINY, encoder=tiny)
    assert first.step.losses.terms["content:conv3_1"] == 0
    black = torch.zeros(1, 3, 48, 64)
    first, *_ = transfer_mdan(photograph, [painting], TINY, encoder=tiny, init=black)
    target, own = (tiny(one, ["conv3_1"])["conv3_1"] for one in (resize(photograph, Size(48, 64), clamp=True), black))
    share = (own - target).square().sum() / target.square().sum()
    assert first.step.losses.terms["content:conv3_1"] == pytest.approx(
        TINY.content_weight * float(share), rel=rounding(9 * 16, layers=3)
    )


@pytest.mark.slow
def test_a_saved_picture_goes_on_bit_for_bit(tiny, photograph, painting):
    whole = list(transfer_mdan(photograph, [painting], TINY, encoder=tiny))
    for stop in (1, 3, 5):
        steps = transfer_mdan(photograph, [painting], TINY, encoder=tiny)
        for _ in range(stop):
            saved = next(steps).resume_state()
        rest = list(transfer_mdan(photograph, [painting], TINY, encoder=tiny, resume=saved))
        assert [one.step.index for one in rest] == list(range(stop + 1, 7))
        assert torch.equal(rest[-1].step.point, whole[-1].step.point)
        assert rest[-1].step.losses.total == whole[-1].step.losses.total


@pytest.mark.slow
def test_the_discriminator_is_fooled_more_than_by_the_photograph(tiny, photograph, painting):
    options = replace(TINY, iterations=60, content_weight=0.0, tv_weight=0.0, discriminator_lr=0.01)
    *_, last = transfer_mdan(photograph, [painting], options, encoder=tiny)
    *_, still = transfer_mdan(photograph, [painting], replace(options, learning_rate=1e-9), encoder=tiny)
    assert last.step.losses.terms["style"] < 0.9 * still.step.losses.terms["style"]


@pytest.mark.slow
def test_patches_of_several_paintings(tiny, photograph, painting):
    one, two = (
        images(transfer_mdan(photograph, found, TINY, encoder=tiny)) for found in ([painting], [painting, photograph])
    )
    assert not torch.equal(one[-1], two[-1])


def test_it_cannot_be_evaluated_in_tiles(tiny, photograph, painting):
    with pytest.raises(NotAdditiveError, match="full image"):
        transfer_mdan(photograph, [painting], TINY, encoder=tiny, partition=FullImage(Tiling(64)))


def test_what_cannot_be_used_is_named(tiny, photograph, painting):
    with pytest.raises(InputError, match="no style image"):
        transfer_mdan(photograph, [], TINY, encoder=tiny)
    with pytest.raises(InputError, match="the content image is 40×20"):
        transfer_mdan(photograph[..., :20, :40], [painting], TINY, encoder=tiny)
    with pytest.raises(InputError, match=r"at 32×24 pixels conv2_1 has 16×12 positions, but 14"):
        transfer_mdan(photograph, [painting], replace(TINY, size=32, patch=12), encoder=tiny)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"iterations": 0}, "iterations is 0"),
        ({"patch_stride": 9}, "patch-stride is 9: it must be from 1 to 8"),
        ({"rotations": ()}, "rotations is empty"),
        ({"rotations": (120.0,)}, "rotations is"),
        ({"scales": (0.0,)}, "scales is"),
        ({"learning_rate": 0.0}, "learning-rate is 0"),
        ({"content_weight": -1.0}, "content-weight is -1"),
        ({"size": 8}, "size is 8"),
    ],
)
def test_options_out_of_range(wrong, message):
    with pytest.raises(InputError, match=message):
        MDANOptions(**wrong)


def test_the_painting_is_encoded_as_large_as_the_photograph():
    options, canvas, style = MDANOptions(scales=(0.5, 1.0)), Size(288, 384), Size(500, 1000)
    assert options.style_sizes(canvas, style, 0, 1) == {1.0: Size(192, 384)}
    twice = MDANOptions(style_scale=(0.5, 1.0), scales=(2.0,))
    assert twice.style_sizes(canvas, style, 0, 1) == {0.5: Size(192, 384), 1.0: Size(384, 768)}
    assert twice.style_sizes(canvas, style, 1, 2) == {1.0: Size(384, 768)}


def test_the_defaults_are_the_papers():
    options = MDANOptions()
    assert (options.content_layer, options.style_layer, options.patch, options.patch_stride) == (
        "conv5_1",
        "conv3_1",
        8,
        4,
    )
    assert options.iterations == 5 * 25 and len(options.rotations) * len(options.scales) * (1 + options.mirror) == 18


def test_an_initial_image_of_another_size(tiny, photograph, painting):
    small = resize(photograph, Size(36, 48), clamp=True)
    first, *_ = transfer_mdan(photograph, [painting], TINY, encoder=tiny, init=small)
    assert torch.equal(first.step.point, resize(small, Size(48, 64), clamp=True))


def test_a_batch_of_style_images(tiny, photograph, painting):
    with pytest.raises(InputError, match="a style image holds 2 images, and one is taken"):
        transfer_mdan(photograph.repeat(2, 1, 1, 1), painting.repeat(2, 1, 1, 1), TINY, encoder=tiny)
