from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.optim import Adam, SphereParametrization, minimize
from brushwork.optim.parametrization import Parametrization
from brushwork.types import LossValues
from tolerances import DOUBLE


def test_every_picture_has_the_spread():
    image = SphereParametrization(0.2).to_image(torch.randn(2, 3, 8, 9, dtype=torch.float64))
    torch.testing.assert_close((image - 0.5).square().mean((1, 2, 3)).sqrt(), torch.full((2,), 0.2).double())


def test_a_picture_of_the_spread_is_its_own_point():
    image = SphereParametrization(0.2).to_image(torch.randn(1, 3, 8, 9))
    torch.testing.assert_close(SphereParametrization(0.2).to_image(SphereParametrization(0.2).to_point(image)), image)


def test_the_gradient_runs_along_the_sphere():
    point = torch.randn(1, 3, 4, 5, dtype=torch.float64).requires_grad_()
    SphereParametrization().to_image(point).square().sum().backward()
    assert abs(float((point.grad * point.detach()).sum())) < DOUBLE
    assert torch.autograd.gradcheck(SphereParametrization().to_image, point)


def test_a_flat_picture_stays_finite():
    assert (
        SphereParametrization()
        .to_image(SphereParametrization().to_point(torch.full((1, 3, 4, 4), 0.5)))
        .isfinite()
        .all()
    )


def test_it_is_a_canvas_to_walk_on():
    def evaluate(image):
        loss = -image[:, 0].mean()
        loss.backward()
        return LossValues(loss.detach(), {"red": loss.detach()})

    canvas = SphereParametrization(0.1)
    assert isinstance(canvas, Parametrization)
    start = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    *_, last = minimize(canvas, evaluate, Adam(lr=0.05), 60, init=start)
    found = last.image[0].mean((1, 2))
    torch.testing.assert_close(found, torch.tensor([0.5 + 0.1 * 3**0.5, 0.5, 0.5]), atol=0.01, rtol=0)


@pytest.mark.parametrize("spread", [0.0, -1.0, float("nan"), float("inf")])
def test_the_spread_must_be_positive(spread):
    with pytest.raises(InputError, match="standard deviation on the sphere"):
        SphereParametrization(spread)
