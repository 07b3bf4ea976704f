from __future__ import annotations

import numpy as np
import pytest
import torch

import brushwork.losses.neighbors as neighbors
from brushwork.images.geometry import Size
from brushwork.losses import HypercolumnLoss, NeighborsLoss, stack_hypercolumns
from tolerances import DOUBLE


def draw(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_hand(own, keys):
    """The mean over own columns of the smallest 1 − cosine, both sets centered."""
    own, keys = (columns.numpy() - columns.numpy().mean(1, keepdims=True) for columns in (own, keys))
    nearest = [
        min(1 - p @ q / np.linalg.norm(p) / np.linalg.norm(q) for q in keys.T)  # one pair after another
        for p in own.T
    ]
    return np.mean(nearest)


def test_neighbors_are_the_smallest_centered_cosine_distances():
    feature, samples = draw(0, 1, 4, 5, 6), draw(1, 4, 17)
    found = NeighborsLoss("t", samples, 0.7).score_whole(feature)
    assert found.item() == pytest.approx(0.7 * by_hand(feature[0].flatten(1), samples), rel=DOUBLE)


def test_some_positions_are_drawn_anew_at_each_step():
    feature, samples = draw(0, 1, 4, 9, 8), draw(1, 4, 17)
    loss = NeighborsLoss("t", samples, 1.0, seed=5, queries=10)
    found = []
    for step in (0, 1, 0):
        seen = feature.clone().requires_grad_()
        value = loss.resample(step).score_whole(seen)
        value.backward()
        drawn = seen.grad[0].abs().sum(0) > 0
        assert drawn.sum() == 10
        assert value.item() == pytest.approx(by_hand(feature[0][:, drawn], samples), rel=DOUBLE)
        found.append(drawn)
    assert torch.equal(found[0], found[2])
    assert not torch.equal(found[0], found[1])


def test_the_nearest_are_found_in_blocks(monkeypatch):
    own, keys = draw(2, 3, 50), draw(3, 3, 20)
    at_once = neighbors.nearest_columns(own, keys)
    assert torch.equal(at_once, (own.T @ keys).argmax(1))
    monkeypatch.setattr(neighbors, "BLOCK_NUMBERS", 7 * 20)
    assert torch.equal(neighbors.nearest_columns(own, keys), at_once)


def test_what_has_no_direction_is_at_distance_one():
    """All features alike are zero when centered; black features have no cosine either."""
    assert NeighborsLoss("t", draw(1, 4, 9), 1.0).score_whole(torch.ones(1, 4, 3, 3)).item() == pytest.approx(1)
    assert HypercolumnLoss("t", draw(1, 1, 4, 2, 2), 1.0).score_whole(torch.zeros(1, 4, 3, 3)).item() == 1


def interpolated(plane, rows, columns):
    """Linear interpolation of a map at evenly spaced positions, the first and last at its corners."""
    down = [np.interp(np.linspace(0, plane.shape[0] - 1, rows), range(plane.shape[0]), column) for column in plane.T]
    return np.stack(
        [np.interp(np.linspace(0, plane.shape[1] - 1, columns), range(plane.shape[1]), row) for row in np.stack(down).T]
    )


def test_hypercolumns_are_layers_over_their_channels_on_one_grid():
    fine, coarse = draw(0, 1, 3, 8, 10), draw(1, 1, 5, 2, 3)
    expected = [interpolated(plane.numpy(), 4, 5) / len(one[0]) for one in (fine, coarse) for plane in one[0]]
    found = stack_hypercolumns([fine, coarse], Size(4, 5))[0]
    torch.testing.assert_close(found, torch.from_numpy(np.stack(expected)), rtol=DOUBLE, atol=DOUBLE)


def test_the_hypercolumn_loss_is_the_mean_cosine_distance_on_the_grid():
    feature, target = draw(0, 1, 3, 8, 10), draw(1, 1, 3, 4, 5)
    own = np.stack([interpolated(plane.numpy(), 4, 5) for plane in feature[0]]).reshape(3, -1)
    wanted = target.numpy().reshape(3, -1)
    cosines = (own * wanted).sum(0) / np.linalg.norm(own, axis=0) / np.linalg.norm(wanted, axis=0)
    found = HypercolumnLoss("t", target, 0.3).score_whole(feature)
    assert found.item() == pytest.approx(0.3 * (1 - cosines).mean(), rel=DOUBLE)
