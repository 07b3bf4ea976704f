"""Exploring the neural algorithm of artistic style, 1602.07188, and its improvements, 1605.04603."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import experiment_formulas as formulas
from brushwork.images.geometry import Size
from brushwork.losses import GuidedGramLoss, guided_gram_target
from brushwork.losses.gram_variants import GramEntryLoss, ShiftedGramLoss, shifted_target
from brushwork.losses.local_gram import LocalGramLoss, content_guides, window_weights
from formula_inputs import CHANNELS, feature, loss, plain
from tolerances import DOUBLE


def square_window(weights):
    """w(d) = w(d_y) w(d_x)."""
    return np.outer(weights, weights)


@pytest.mark.parametrize("half", [0, 1, 2, 4])
@pytest.mark.parametrize("uniform", [True, False])
def test_localized_style_is_that_of_the_paper(half, uniform):
    own, painting = feature(0, 7, 9), feature(1, 7, 9)
    weights = window_weights(half) if uniform else feature(2, 1, 2 * half + 1, channels=1)[0, 0, 0]
    expected = 0.5 * formulas.localized(plain(own), plain(painting), square_window(weights))
    np.testing.assert_allclose(loss(LocalGramLoss("t", painting, weights, 0.5), own), expected, rtol=DOUBLE)


@pytest.mark.parametrize("half", [1, 3])
def test_maps_larger_than_a_block_are_localized_alike(half, monkeypatch):
    monkeypatch.setattr("brushwork.losses.local_gram.CHUNK_NUMBERS", 1)
    own, painting, weights = feature(0, 13, 10), feature(1, 13, 10), window_weights(half)
    expected = formulas.localized(plain(own), plain(painting), square_window(weights))
    np.testing.assert_allclose(loss(LocalGramLoss("t", painting, weights, 1.0), own), expected, rtol=DOUBLE)


@pytest.mark.parametrize("half", [0, 1, 3])
def test_style_content_covariance_is_that_of_the_paper(half):
    own, painting = feature(0, 6, 8), feature(1, 5, 7)
    content, painted = feature(2, 6, 8, channels=3), feature(3, 5, 7, channels=3)
    weights = feature(4, 1, 2 * half + 1, channels=1)[0, 0, 0]
    guides, known = (content_guides(one, Size.of(one), weights) for one in (content, painted))
    term = GuidedGramLoss("t", guides, guided_gram_target(painting, known), 0.5, torch.ones(3, dtype=torch.float64))
    sums = formulas.covariance_sums(plain(own), plain(content), square_window(weights)) / (6 * 8)
    target = formulas.covariance_sums(plain(painting), plain(painted), square_window(weights)) / (5 * 7)
    np.testing.assert_allclose(loss(term, own), 0.5 * ((sums - target) ** 2).sum(), rtol=DOUBLE)


@pytest.mark.parametrize(("direction", "sign"), [("up", -1), ("down", 1)])
def test_entries_are_those_of_the_gram_matrix(direction, sign):
    own = feature(0, 6, 7)
    gram = np.einsum("iyx,jyx->ij", plain(own), plain(own)) / (6 * 7)
    term = GramEntryLoss("t", ((1, 1), (0, 3)), 2.0, direction)
    np.testing.assert_allclose(loss(term, own), sign * 2.0 * (gram[1, 1] + gram[0, 3]), rtol=DOUBLE)


def test_the_activation_shift_is_that_of_the_paper():
    own, painting = feature(0, 6, 7), feature(1, 4, 9)
    grams = [np.einsum("iyx,jyx->ij", f - 1, f - 1) / f[0].size for f in (plain(own), plain(painting))]
    term = ShiftedGramLoss("t", shifted_target(painting, 1.0), 1 / CHANNELS**2, zero=1.0)
    np.testing.assert_allclose(loss(term, own), ((grams[0] - grams[1]) ** 2).mean(), rtol=DOUBLE)


@pytest.mark.parametrize("offset", [(0, 1), (2, 0), (1, -3), (-2, -1)])
def test_neighbors_are_paired_as_printed(offset):
    def paired(f):
        down, right = offset
        pairs = [
            np.outer(f[:, y, x], f[:, y + down, x + right])
            for y, x in formulas.cells(f)
            if 0 <= y + down < f.shape[1] and 0 <= x + right < f.shape[2]
        ]
        return np.mean(pairs, axis=0)

    own, painting = feature(0, 6, 7), feature(1, 4, 9)
    term = ShiftedGramLoss("t", shifted_target(painting, offset=offset), 1.0, offset=offset)
    expected = ((paired(plain(own)) - paired(plain(painting))) ** 2).sum()
    np.testing.assert_allclose(loss(term, own), expected, rtol=DOUBLE)
