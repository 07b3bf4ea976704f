from __future__ import annotations

import torch

from brushwork.losses.chunked import LossChunk, sum_chunks


def parts(calls=None):
    def square(rows):
        if calls is not None:
            calls.append(torch.is_grad_enabled())
        return rows.square().flatten(1).sum(-1)

    return [LossChunk(slice(0, 3), square), LossChunk(slice(2, 5), lambda rows: rows.sin().flatten(1).sum(-1))]


def test_values_and_gradients_are_those_of_the_sum():
    feature = torch.rand(2, 3, 5, 4, dtype=torch.float64, requires_grad=True)
    weights = torch.tensor([2.0, -1.0], dtype=torch.float64)
    plain = feature[..., 0:3, :].square().flatten(1).sum(-1) + feature[..., 2:5, :].sin().flatten(1).sum(-1)
    (expected,) = torch.autograd.grad((plain * weights).sum(), feature)
    found = sum_chunks(feature, parts())
    torch.testing.assert_close(found, plain)
    torch.testing.assert_close(torch.autograd.grad((found * weights).sum(), feature)[0], expected)


def test_without_a_gradient_no_graph_is_made():
    calls = []
    assert not sum_chunks(torch.rand(1, 3, 5, 4), parts(calls)).requires_grad
    assert calls == [False]


def test_no_parts_are_nothing():
    feature = torch.rand(2, 3, 5, 4, requires_grad=True)
    found = sum_chunks(feature, [])
    found.sum().backward()
    assert found.tolist() == [0, 0]
    assert not feature.grad.any()
