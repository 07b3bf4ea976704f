"""Small problems to walk down on."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch.nn import functional

from brushwork.types import LossValues

SHAPE = (1, 3, 4, 7)


def make_evaluate(function):
    """An evaluation, as the painting's, of a function of the image that returns one number or several by name."""

    def evaluate(image):
        values = function(image)
        terms = values if isinstance(values, dict) else {"loss": values}
        total = sum(terms.values())
        total.backward()
        evaluate.calls += 1
        return LossValues(total, terms)

    evaluate.calls = 0
    return evaluate


def painting(dtype=torch.float64, shape=(1, 3, 16, 20)):
    """Gram matrices and features in a tiny random network: not convex, with two terms."""
    generator = torch.Generator().manual_seed(1)

    def random(*sizes):
        return torch.randn(*sizes, generator=generator, dtype=torch.float64).to(dtype)

    first, second = random(8, 3, 3, 3) * 0.3, random(12, 8, 3, 3) * 0.2
    content, style = random(*shape) * 0.2 + 0.5, random(*shape) * 0.3 + 0.4

    def features(image):
        low = torch.tanh(functional.conv2d(image, first, padding=1))
        return low, functional.softplus(functional.conv2d(low, second, padding=1))

    def gram(feature):
        flat = feature.flatten(2)
        return flat @ flat.mT / flat.shape[-1]

    targets, aim = [gram(feature) for feature in features(style)], features(content)[1]

    def losses(image):
        seen = features(image)
        style_loss = sum(((gram(f) - g) ** 2).sum() for f, g in zip(seen, targets, strict=True))
        return {"style": 100 * style_loss, "content": ((seen[1] - aim) ** 2).sum()}

    return make_evaluate(losses)


def rosenbrock(image):
    """Neighboring numbers in valleys; the lowest point is 1 everywhere."""
    x = image.flatten()
    return (100 * (x[1::2] - x[:-1:2] ** 2) ** 2 + (1 - x[:-1:2]) ** 2).sum()


def quadratic(condition=100.0, dtype=torch.float64):
    """½ xᵀAx − bᵀx with random axes; returned with its lowest point."""
    generator = torch.Generator().manual_seed(2)
    count = prod(SHAPE)
    axes = torch.linalg.qr(torch.randn(count, count, generator=generator, dtype=torch.float64)).Q
    curved = (axes * torch.logspace(0, torch.tensor(condition).log10(), count, dtype=torch.float64)) @ axes.T
    slope = torch.randn(count, generator=generator, dtype=torch.float64) * 20
    lowest = torch.linalg.solve(curved, slope).view(SHAPE)
    curved, slope = curved.to(dtype), slope.to(dtype)

    def function(image):
        x = image.flatten()
        return x @ curved @ x / 2 - slope @ x

    return function, lowest


@pytest.fixture(autouse=True)
def one_thread():
    """Several threads on tensors this small only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def problems():
    """The functions above, by name."""

    class Problems:
        pass

    for function in (make_evaluate, painting, rosenbrock, quadratic):
        setattr(Problems, function.__name__, staticmethod(function))
    return Problems


@pytest.fixture
def start():
    """A picture of noise for `rosenbrock` and `quadratic`."""
    return torch.rand(*SHAPE, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
