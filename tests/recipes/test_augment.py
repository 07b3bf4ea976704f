from __future__ import annotations

from math import cos, radians, sin

import pytest
import torch

from brushwork.images.geometry import Size
from brushwork.recipes.augment import augment_style, rotate


def ramp(height, width, down, across):
    """A picture whose values rise evenly, and are 0 in the middle; torch's bicubic kernel leaves it nearly as it is."""
    rows, columns = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2 for side in (height, width))
    return (down * rows[:, None] + across * columns).expand(1, 3, height, width).contiguous()


@pytest.mark.parametrize("degrees", [-10.0, 10.0, 45.0, -80.0, 90.0])
@pytest.mark.parametrize("size", [(60, 90), (90, 60), (70, 70), (30, 200)])
def test_a_turned_picture_holds_only_its_own_pixels(degrees, size):
    down, across = 0.01, 0.02
    found = rotate(ramp(*size, down, across), degrees)
    angle = radians(degrees)
    own = ramp(*Size.of(found), across * -sin(angle) + down * cos(angle), across * cos(angle) + down * sin(angle))
    assert min(Size.of(found)) >= 10
    assert torch.allclose(found, own, atol=2e-3)  # the kernel: a tenth of the step from pixel to pixel


def test_a_small_turn_leaves_most_of_it():
    assert Size.of(rotate(torch.rand(1, 3, 300, 400), 10.0)).area > 0.6 * 300 * 400


def test_turned_by_nothing_it_is_itself():
    picture = torch.rand(1, 3, 20, 30)
    assert rotate(picture, 0) is picture


def test_a_quarter_turn_exchanges_the_sides():
    picture = torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(0))
    found = rotate(picture, 90.0)
    inner = torch.rot90(picture, 1, (-2, -1))[..., 2:-2, 2:-2]
    assert Size.of(found) == Size.of(inner)
    assert torch.allclose(found, inner, atol=1e-3)  # the grid turned in float32: 60 pixels to 6e-6 each, twice


def test_each_picture_of_a_batch_is_turned_alike():
    pictures = torch.rand(3, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    assert torch.equal(rotate(pictures, 10.0), torch.cat([rotate(one, 10.0) for one in pictures.split(1)]))


def test_every_angle_scale_and_side():
    painting = torch.rand(1, 3, 50, 80)
    found = list(augment_style(painting, Size(100, 160), [-10, 0, 10], [0.5, 1.0]))
    assert len(found) == 3 * 2 * 2
    assert Size.of(found[4]) == Size(50, 80) and Size.of(found[6]) == Size(100, 160)
    assert torch.equal(found[4], painting) and torch.equal(found[5], painting.flip(-1))
    assert Size.of(found[0]) == Size.of(rotate(painting, -10))
    assert all(one.min() >= 0 and one.max() <= 1 for one in found)


def test_not_mirrored_there_are_half_as_many():
    assert len(list(augment_style(torch.rand(1, 3, 50, 80), Size(50, 80), [0, 5], [1.0], mirrored=False))) == 2


def test_copies_of_which_nothing_is_left_are_left_out():
    assert len(list(augment_style(torch.rand(1, 3, 4, 80), Size(4, 80), [10, 0], [1.0], mirrored=False))) == 1
