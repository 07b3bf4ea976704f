from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes import reconstruct
from tolerances import DOUBLE


@pytest.mark.slow
def test_a_shallow_layer_gives_the_picture_back(small_reconstruction, tiny, photograph):
    options = small_reconstruction(layer="conv1_1", iterations=60)
    *_, last = reconstruct(photograph, options, encoder=tiny)
    target = resize(photograph, Size(36, 48))
    first = next(reconstruct(photograph, options, encoder=tiny))
    error, before = ((step.image - target).square().mean() for step in (last, first))
    assert error < 0.05 * before


def test_the_loss_is_the_mean_squared_difference(small_reconstruction, tiny, photograph):
    first = next(reconstruct(photograph, small_reconstruction(), encoder=tiny))
    target = tiny(resize(photograph, Size(36, 48), clamp=True), ["conv2_1"])["conv2_1"]
    own = tiny(first.step.image, ["conv2_1"])["conv2_1"]
    assert first.step.losses.total.item() == pytest.approx((own - target).square().mean().item(), rel=DOUBLE)
    assert first.step.losses.terms.keys() == {"content:conv2_1"}


def test_from_a_given_picture(small_reconstruction, tiny, photograph):
    first = next(reconstruct(photograph, small_reconstruction(), encoder=tiny, init=photograph))
    assert first.step.losses.total.item() == pytest.approx(0, abs=DOUBLE)


def test_a_picture_too_small_is_refused(small_reconstruction, tiny):
    with pytest.raises(InputError, match="the source image is 40×31 pixels"):
        reconstruct(torch.rand(1, 3, 31, 40), small_reconstruction(), encoder=tiny)
