from __future__ import annotations

import gc
import weakref

import torch

from brushwork.gradients.tiles import ActivationCheckpoint
from tolerances import SINGLE


def test_what_is_forgotten_is_computed_again():
    leaf = torch.rand(5, dtype=torch.float64).requires_grad_()
    calls = []

    def again():
        calls.append(True)
        return {"layer": leaf.detach().exp()}

    forgetting = ActivationCheckpoint(again)
    with forgetting.hooks:
        feature = leaf.exp()
        loss = (feature[1:] ** 3).sum()
    forgetting.release({"layer": feature})
    del feature
    assert not calls
    loss.backward()
    assert calls == [True]
    expected = 3 * (3 * leaf.detach()).exp()
    expected[0] = 0
    torch.testing.assert_close(leaf.grad, expected, rtol=SINGLE, atol=0)


def test_everything_else_is_kept():
    leaf = torch.rand(5).requires_grad_()
    forgetting = ActivationCheckpoint(lambda: 1 / 0)
    with forgetting.hooks:
        loss = (leaf.exp() ** 2).sum()
    forgetting.release({"another": torch.rand(5)})
    loss.backward()
    torch.testing.assert_close(leaf.grad, 2 * (2 * leaf.detach()).exp(), rtol=SINGLE, atol=0)


def test_what_was_computed_again_goes_with_the_graph():
    found = torch.rand(5)
    forgetting, leaf = ActivationCheckpoint(lambda: {"layer": found}), torch.rand(5).requires_grad_()
    with forgetting.hooks:
        feature = leaf.exp()
        loss = (feature**2).sum()
    forgetting.release({"layer": feature})
    loss.backward()
    lives = weakref.ref(forgetting)
    gc.disable()
    try:
        del forgetting, feature, loss
        assert lives() is None
    finally:
        gc.enable()
