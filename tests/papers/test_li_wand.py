"""Nearest patches of Markov random fields: Li & Wand, 1601.04589."""

from __future__ import annotations

import numpy as np
import pytest

import experiment_formulas as formulas
from brushwork.images.geometry import Size, Window
from brushwork.losses.mrf import MRFLoss
from formula_inputs import feature, loss, plain
from tolerances import DOUBLE


@pytest.mark.parametrize("reach", [1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("block", [1, 4_000_000])
def test_nearest_patches_are_those_of_the_paper(reach, stride, block, monkeypatch):
    monkeypatch.setattr("brushwork.losses.patch_matching.BLOCK_NUMBERS", block)
    own, paintings = feature(0, 8, 9), (feature(1, 7, 10), feature(2, 6, 5))
    expected = formulas.nearest_patches(plain(own), [plain(one) for one in paintings], 2 * reach + 1, stride)
    found = loss(MRFLoss("t", paintings, 0.5, stride=stride, halo=reach), own)
    np.testing.assert_allclose(found, 0.5 * expected, rtol=DOUBLE)


def test_the_gradient_is_that_of_the_sum_with_the_neighbors_held_fixed():
    own, painting = feature(0, 5, 6).requires_grad_(), feature(1, 5, 6)
    term = MRFLoss("t", (painting,), 1.0)
    term.score(term.summarize(own, Window.whole(Size.of(own)))).sum().backward()
    known, expected = formulas.patches(plain(painting), 3, 1), np.zeros(plain(own).shape)
    for index, patch in enumerate(formulas.patches(plain(own), 3, 1)):
        nearest = known[int(np.argmax([patch @ other / np.linalg.norm(other) for other in known]))]
        y, x = divmod(index, 4)
        expected[:, y : y + 3, x : x + 3] += 2 * (patch - nearest).reshape(-1, 3, 3)
    np.testing.assert_allclose(own.grad[0].numpy(), expected, rtol=DOUBLE, atol=1e-12)
