from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.optim import PixelParametrization


@pytest.mark.parametrize("unit", [1.0, 255.0, 0.5])
def test_point_and_image_are_inverse(unit):
    image = torch.rand(2, 3, 4, 5)
    canvas = PixelParametrization(unit)
    assert torch.equal(canvas.to_point(image), image * unit)
    torch.testing.assert_close(canvas.to_image(canvas.to_point(image)), image)


def test_a_gradient_shrinks_by_the_unit():
    point = torch.rand(1, 3, 4, 5).requires_grad_()
    PixelParametrization(255.0).to_image(point).sum().backward()
    torch.testing.assert_close(point.grad, torch.full_like(point, 1 / 255))


def test_the_box_is_given_in_image_units():
    canvas = PixelParametrization(255.0, limits=(0.2, 0.6))
    assert canvas.bounds == (51.0, 153.0)
    point = canvas.to_point(torch.tensor([0.0, 0.4, 1.0]).view(1, 3, 1, 1))
    torch.testing.assert_close(point.flatten(), torch.tensor([51.0, 102.0, 153.0]))
    assert PixelParametrization(255.0).bounds is None


@pytest.mark.parametrize("unit", [0.0, -1.0, float("nan"), float("inf")])
def test_the_unit_must_be_positive(unit):
    with pytest.raises(InputError, match="the unit is"):
        PixelParametrization(unit)


@pytest.mark.parametrize("box", [(1.0, 0.0), (0.5, 0.5), (0.0, float("nan"))])
def test_the_box_must_not_be_empty(box):
    with pytest.raises(InputError, match="lower bound first"):
        PixelParametrization(limits=box)
