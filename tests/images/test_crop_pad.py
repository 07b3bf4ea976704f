"""Cropping and padding."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from brushwork.errors import InputError
from brushwork.images import crop, pad
from brushwork.images.geometry import Size

margins = st.integers(0, 25)
NUMPY = {"reflect": "reflect", "symmetric": "symmetric", "replicate": "edge", "zeros": "constant"}


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), margins, margins, margins, margins, st.sampled_from(sorted(NUMPY)))
def test_padding_is_numpys_however_wide(height, width, top, bottom, left, right, border):
    image = torch.rand(1, 3, height, width)
    padded = pad(image, top=top, bottom=bottom, left=left, right=right, border=border)
    expected = np.pad(image.numpy(), ((0, 0), (0, 0), (top, bottom), (left, right)), mode=NUMPY[border])
    assert np.array_equal(padded.numpy(), expected)


@pytest.mark.parametrize("border", sorted(NUMPY))
def test_padding_is_differentiable(border):
    image = torch.rand(1, 3, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: pad(given, top=5, left=2, right=1, border=border), image)


def test_cropping_undoes_padding():
    image = torch.rand(1, 3, 6, 7)
    assert torch.equal(crop(pad(image, top=2, bottom=3, left=4, right=4), Size(6, 7)), image)


def test_the_middle_is_cut_out():
    image = torch.arange(3 * 5 * 6.0).reshape(1, 3, 5, 6)
    assert torch.equal(crop(image, Size(3, 4)), image[..., 1:4, 1:5])
    assert torch.equal(crop(image, Size(2, 1)), image[..., 1:3, 2:3])


def test_what_cannot_be_cut_or_padded():
    image = torch.rand(1, 3, 4, 5)
    for size in (Size(5, 5), Size(4, 6), Size(0, 1)):
        with pytest.raises(InputError, match="5×4"):
            crop(image, size)
    with pytest.raises(InputError, match="negative"):
        pad(image, left=-1)
    with pytest.raises((InputError, TypeError), match="circular"):
        pad(image, left=1, border="circular")
