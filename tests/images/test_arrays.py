"""Arrays and tensors as pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import read_image


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, ">u2", np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 4)])
def test_arrays_of_every_kind(kind, shape):
    kind = np.dtype(kind)
    values = np.random.default_rng(0).random(shape)
    if len(shape) == 3:
        values[..., 3:] = 1
    whole = {1: 255, 2: 65535}[kind.itemsize] if kind.kind == "u" else 1
    array = (values * whole).astype(kind)
    picture = read_image(array)
    expected = np.broadcast_to((array.astype(np.float64) / whole).reshape(4, 5, -1)[..., :3], (4, 5, 3))
    assert np.allclose(picture.image[0].permute(1, 2, 0).numpy(), expected, atol=1e-7)
    assert (picture.alpha, picture.name) == (None, "picture in memory")
    assert picture.bits == (16 if kind.kind == "u" and kind.itemsize == 2 else 8)


def test_the_fourth_layer_is_alpha():
    array = np.full((4, 5, 4), 0.5)
    picture = read_image(array)
    assert picture.alpha.shape == (1, 1, 4, 5)
    assert torch.all(picture.alpha == 0.5)


@pytest.mark.parametrize(("kind", "whole"), [(torch.uint8, 255), (torch.uint16, 65535)])
def test_tensors_of_whole_numbers(kind, whole):
    levels = torch.arange(60).reshape(3, 4, 5) * (whole // 59)
    picture = read_image(levels.to(kind))
    assert torch.equal(picture.image[0], levels.to(torch.float32) / whole)
    assert picture.bits == (16 if kind == torch.uint16 else 8)


def test_gray_and_alpha_of_tensors():
    tensor = torch.rand(4, 5, 6)
    picture = read_image(tensor)
    assert torch.equal(picture.alpha[0], tensor[3:])
    assert torch.equal(read_image(tensor[:1]).image[0], tensor[:1].expand(3, 5, 6))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 3, 4, 5)])
def test_tensors(kind, shape):
    tensor = torch.rand(shape).to(kind).requires_grad_()
    picture = read_image(tensor)
    assert torch.equal(picture.image, tensor.detach().float().reshape(1, 3, 4, 5))
    assert not picture.image.requires_grad


def test_what_was_given_is_copied():
    tensor, array = torch.rand(1, 3, 4, 5), np.random.default_rng(0).random((4, 5, 3), dtype=np.float32)
    kept = tensor.clone(), array.copy()
    for source in (tensor, array):
        read_image(source).image.zero_()
    assert torch.equal(tensor, kept[0])
    assert np.array_equal(array, kept[1])


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_is_an_image_in_gray():
    levels = np.full((4, 5), 51, dtype=np.uint8)
    assert torch.equal(read_image(np.asmatrix(levels)).image, read_image(levels).image)


def test_views_that_are_read_only_or_turned():
    array = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    turned = array[::-1, ::-1]
    turned.flags.writeable = False
    image = read_image(turned).image
    assert torch.equal(image.flip(-1, -2), read_image(array).image)


def test_rounding_beyond_the_range_is_clamped():
    image = read_image(torch.tensor([-5e-5, 0.5, 1 + 5e-5]).reshape(3, 1, 1)).image
    assert image.flatten().tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros(5), "shape (5,)"),
        (np.zeros((2, 2, 2, 3)), "a batch of 2 pictures"),
        (np.zeros((4, 5, 2)), "shape (4, 5, 2)"),
        (np.zeros((3, 4, 5)), "Channels come last: `array.transpose(1, 2, 0)`"),
        (np.zeros((0, 5, 3)), "empty"),
        (np.zeros((4, 5), np.int64), "holds int64"),
        (np.zeros((4, 5), bool), "holds bool"),
        (np.zeros((4, 5), np.uint32), "holds uint32"),
        (np.zeros((4, 5), complex), "holds complex128"),
        (np.full((4, 5), np.nan), "NaN"),
        (np.full((4, 5), np.inf), "infinity"),
        (np.full((4, 5), 200.0), "divide them by 255"),
        (np.full((4, 5), -0.1), "from -0.1"),
        (torch.zeros(4, 5), "shape (4, 5)"),
        (torch.zeros(5, 5, 3), "Channels come first: `tensor.permute(2, 0, 1)`"),
        (torch.zeros(2, 3, 4, 5), "a batch of 2 pictures"),
        (torch.zeros(2, 4, 5), "shape (2, 4, 5)"),
        (torch.zeros(3, 0, 5), "empty"),
        (torch.zeros(3, 4, 5, dtype=torch.int32), "holds torch.int32"),
        (torch.full((3, 4, 5), torch.nan), "NaN"),
        (torch.full((3, 4, 5), 2.0), "from 2 to 2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_arrays_are_refused(source, message):
    with pytest.raises(InputError) as caught:
        read_image(source)
    assert message in str(caught.value)
