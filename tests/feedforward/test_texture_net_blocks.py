"""Blocks and joints of texture networks."""

from __future__ import annotations

import torch
from torch import nn

from brushwork.feedforward.networks.texture_net import ScaleJoin, make_batch_norm, make_block
from tolerances import rounding


def test_a_block_is_convolutions_norms_and_leaky_rectifications() -> None:
    kinds = [type(part) for part in make_block(3, 8, "batch", pointwise=True)]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU] * 3
    sizes = [
        part.kernel_size[0] for part in make_block(3, 8, "instance", pointwise=False) if isinstance(part, nn.Conv2d)
    ]
    assert sizes == [3, 3]
    leaks = {
        part.negative_slope for part in make_block(3, 8, "batch", pointwise=False) if isinstance(part, nn.LeakyReLU)
    }
    assert leaks == {0.01}


def test_borders_meet() -> None:
    torch.manual_seed(0)
    layers, given = make_block(3, 4, "instance", pointwise=True), torch.rand(1, 3, 6, 5)
    found, expected = layers(given.roll((2, 3), (2, 3))), layers(given).roll((2, 3), (2, 3))
    torch.testing.assert_close(found, expected, rtol=0, atol=rounding(30, layers=6))


def test_a_joint_doubles_normalizes_and_puts_the_coarse_before_the_fine() -> None:
    torch.manual_seed(0)
    joint, seen = ScaleJoin(6, 2, "batch", pointwise=False), []
    joint.block.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    coarse, fine = 5 + 3 * torch.rand(2, 6, 4, 4), torch.rand(2, 2, 8, 8)
    assert joint(coarse, fine).shape == (2, 8, 8, 8)
    (both,) = seen
    # 5 is the mean that is taken away; 1e-5 is added to variances of 1/12.
    torch.testing.assert_close(both.mean((0, 2, 3)), torch.zeros(8), atol=5 * rounding(128), rtol=0)
    torch.testing.assert_close(both.var((0, 2, 3), unbiased=False), torch.ones(8), atol=1e-3, rtol=0)
    mean, std = coarse.mean((0, 2, 3)), coarse.std((0, 2, 3), unbiased=False)
    doubled = coarse.repeat_interleave(2, 2).repeat_interleave(2, 3)
    expected = (doubled - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)
    torch.testing.assert_close(both[:, :6], expected, atol=1e-3, rtol=0)


def test_statistics_are_those_of_what_is_given_afterwards_too() -> None:
    norm, given = make_batch_norm(3, "batch"), 4 + torch.rand(2, 3, 5, 5)
    training, painting = norm.train()(given), norm.eval()(given)
    assert torch.equal(training, painting)
