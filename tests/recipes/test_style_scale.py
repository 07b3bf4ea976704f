from __future__ import annotations

import pytest
import torch

from brushwork.controls.style_scale import scaled_styles, scales_for, style_pixels, style_size, style_sizes
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes import extract_style, transfer
from brushwork.recipes.style_transfer import TransferProblem
from tolerances import DOUBLE

SIZE = Size(48, 64)


def gram(subject):
    return subject.style_at(SIZE, ["conv2_1"]).statistics["conv2_1"].gram


def test_one_scale_is_for_all_and_several_for_one_painting_each(small_transfer, painting):
    one, three = small_transfer(style_scale=(2.0,)), small_transfer(style_scale=(0.5, 1.0, 2.0))
    assert [scales_for(one, number, 2) for number in (0, 1)] == [(2.0,), (2.0,)]
    assert [scales_for(three, number, 3) for number in (0, 1, 2)] == [(0.5,), (1.0,), (2.0,)]
    assert scales_for(three, 0, 1) == (0.5, 1.0, 2.0)
    assert [view.scale for view in scaled_styles([painting], three)] == [0.5, 1.0, 2.0]


def test_sizes_are_measured_as_the_photographs(small_transfer):
    options = small_transfer(style_scale=(0.5, 2.0))
    assert style_pixels(options, SIZE, 0.5) == 32
    assert style_size(options, SIZE, Size(60, 40), 0.5) == Size(32, 21)
    assert style_sizes(options, SIZE, Size(60, 40), 0, 1) == {0.5: Size(32, 21), 2.0: Size(128, 85)}
    assert style_sizes(options, SIZE, Size(60, 40), 0, 2) == {0.5: Size(32, 21)}


def test_a_painting_may_be_reduced_but_not_enlarged_or_stretched(small_transfer):
    options = small_transfer()
    large, small = Size(600, 400), Size(30, 20)
    assert style_size(options, SIZE, large, 1.0, "reduced") == style_size(options, SIZE, large, 1.0) == Size(64, 43)
    assert style_size(options, SIZE, small, 1.0, "reduced") == small
    assert style_size(options, SIZE, small, 1.0) == Size(64, 43)
    assert style_size(options, SIZE, small, 1.0, "limited") == Size(45, 30)
    assert style_size(options, SIZE, small, 2.0, "limited") == Size(90, 60)
    assert style_size(options, SIZE, small, 0.25, "limited") == Size(16, 11)
    assert style_size(options, SIZE, Size(43, 40), 1.0, "limited") == style_size(options, SIZE, Size(43, 40), 1.0)
    assert style_size(options, SIZE, small, 1.0, "stretched") == SIZE
    assert style_size(options, SIZE, small, 0.5, "stretched") == Size(24, 32)
    assert small_transfer(style_fit="reduced").style_sizes(SIZE, small, 0, 1) == {1.0: small}


def test_the_painting_is_encoded_as_it_is_fitted(small_transfer, tiny, photograph, painting):
    stretched = gram(TransferProblem(photograph, [painting], small_transfer(style_fit="stretched"), tiny))
    seen = tiny(resize(painting, SIZE, clamp=True), ["conv2_1"])["conv2_1"][0].flatten(1)
    torch.testing.assert_close(stretched[0], seen @ seen.T / seen.shape[1], rtol=DOUBLE, atol=0)


def test_a_kept_style_cannot_be_stretched(small_transfer, tiny, photograph, painting):
    with pytest.raises(InputError, match="stretched"):
        extract_style(painting, small_transfer(style_fit="stretched"), "a painting", encoder=tiny)
    kept = extract_style(painting, small_transfer(), "a painting", encoder=tiny)
    with pytest.raises(InputError, match="stretched"):
        next(transfer(photograph, kept, small_transfer(style_fit="stretched"), encoder=tiny))


def test_each_painting_has_its_scale(small_transfer, tiny, photograph, painting):
    other = painting.sqrt()
    found = gram(TransferProblem(photograph, [painting, other], small_transfer(style_scale=(0.75, 1.5)), tiny))
    alone = [
        gram(TransferProblem(photograph, [one], small_transfer(style_scale=(scale,)), tiny))
        for one, scale in ((painting, 0.75), (other, 1.5))
    ]
    torch.testing.assert_close(found, (alone[0] + alone[1]) / 2)


@pytest.mark.parametrize("blend", [(), (3.0, 1.0)])
def test_a_painting_at_several_scales_is_blended_with_itself(blend, small_transfer, tiny, photograph, painting):
    options = small_transfer(style_scale=(0.75, 1.5), style_blend=blend)
    both = gram(TransferProblem(photograph, [painting], options, tiny))
    twice = gram(TransferProblem(photograph, [painting, painting], options, tiny))
    one = gram(TransferProblem(photograph, [painting], small_transfer(style_scale=(0.75,)), tiny))
    assert torch.equal(both, twice)
    assert not torch.allclose(both, one, rtol=0.01)


def test_the_loss_of_a_blend_is_the_sum_of_losses_but_for_a_constant(small_transfer, tiny, photograph, painting):
    """Σ wᵢ‖G − Aᵢ‖² and ‖G − Σ wᵢAᵢ‖² have the same gradient: several scales of one style, summed."""
    scales = (0.75, 1.5)
    own = tiny(photograph, ["conv2_1"])["conv2_1"][0].flatten(1).double()
    gram_of = (own @ own.T / own.shape[1]).requires_grad_()
    targets = [
        gram(TransferProblem(photograph, [painting], small_transfer(style_scale=(one,)), tiny)) for one in scales
    ]
    summed = sum(0.5 * (gram_of - target[0].double()).square().sum() for target in targets)
    blended = gram(TransferProblem(photograph, [painting], small_transfer(style_scale=scales), tiny))[0].double()
    pair = [torch.autograd.grad(loss, gram_of)[0] for loss in (summed, (gram_of - blended).square().sum())]
    torch.testing.assert_close(pair[0], pair[1], rtol=DOUBLE, atol=0)


def test_scales_that_fit_no_paintings_are_refused(small_transfer, tiny, photograph, painting):
    with pytest.raises(
        InputError, match="3 style scales were given for 2 style images: give one for each, or one for all"
    ):
        transfer(photograph, [painting] * 2, small_transfer(style_scale=(1.0, 2.0, 3.0)), encoder=tiny)
    with pytest.raises(InputError, match="a style file has one --style-scale"):
        extract_style(painting, small_transfer(style_scale=(1.0, 2.0)), "a painting", encoder=tiny)
    with pytest.raises(InputError, match="style-scale is empty: it must be one or more numbers"):
        small_transfer(style_scale=())
