from __future__ import annotations

import pytest
import torch

from brushwork.devices.meter import META
from brushwork.encoders.native import statistics
from brushwork.encoders.native.arena import allocate
from brushwork.encoders.native.crop import crop_feature
from brushwork.encoders.native.statistics import reuse_memory
from tolerances import rounding

pytestmark = pytest.mark.usefixtures("compiled")

SHAPES = [(1, 64, 1, 1), (1, 64, 37, 53), (2, 128, 9, 11), (1, 192, 100, 90), (1, 512, 20, 7)]


SUMS_OF = rounding(512)
"""The kernels add 128 cells at once and then these sums; the way back adds 512 channels at most."""


def _feature(shape):
    numbers = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    return numbers.to(memory_format=torch.channels_last).requires_grad_()


def _error(mine, theirs):
    return float((mine - theirs).norm() / theirs.norm())


@pytest.mark.parametrize("shape", SHAPES)
def test_gram_and_its_gradient(shape):
    feature = _feature(shape)
    weights = torch.randn(shape[0], shape[1], shape[1], generator=torch.Generator().manual_seed(1))
    found = statistics.gram_sum(feature)
    (found * weights).sum().backward()
    columns = feature.detach().double().flatten(2).requires_grad_()
    true = columns @ columns.mT
    (true * weights).sum().backward()
    assert _error(found.detach(), true.detach()) < SUMS_OF
    assert torch.equal(found, found.mT)
    assert _error(feature.grad.flatten(2), columns.grad) < SUMS_OF


@pytest.mark.parametrize("shape", SHAPES)
def test_spread_and_its_gradient(shape):
    feature, shift = _feature(shape), torch.rand(1, shape[1], generator=torch.Generator().manual_seed(2))
    weights = torch.randn(2, *shape[:2], generator=torch.Generator().manual_seed(3))
    first, square = statistics.mean_std_sums(feature, shift)
    (first * weights[0] + square * weights[1]).sum().backward()
    columns = feature.detach().double().flatten(2).requires_grad_()
    away = columns - shift.unsqueeze(-1)
    (away.sum(-1) * weights[0] + away.square().sum(-1) * weights[1]).sum().backward()
    assert (first - away.sum(-1)).abs().max() < SUMS_OF * away.abs().sum(-1).max()
    assert _error(square.detach(), away.detach().square().sum(-1)) < SUMS_OF
    assert _error(feature.grad.flatten(2), columns.grad) < SUMS_OF


WINDOWS = [(slice(1, 30), slice(5, 50)), (slice(0, 37), slice(3, 4)), (slice(36, 37), slice(0, 53)), (slice(2, 9),) * 2]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("uses_up", [False, True])
@pytest.mark.parametrize("name", ["gram", "spread"])
def test_windows_of_larger_maps(name, uses_up, window):
    feature = _in_arena((2, 128, 37, 53))
    shift = torch.rand(1, 128, generator=torch.Generator().manual_seed(2))
    ways = {"gram": statistics.gram_sum, "spread": lambda window: torch.stack(statistics.mean_std_sums(window, shift))}
    plain = feature.detach().clone(memory_format=torch.contiguous_format)[..., *window]
    together = plain.to(memory_format=torch.channels_last, copy=True).requires_grad_()
    weights = torch.randn(ways[name](together).shape, generator=torch.Generator().manual_seed(1))
    (ways[name](together) * weights).sum().backward()
    assert statistics.is_supported(feature[..., *window])
    with reuse_memory([feature] if uses_up else []):
        found = ways[name](crop_feature(feature, *window))
    (found * weights).sum().backward()
    assert _error(found.detach(), ways[name](together.detach())) < SUMS_OF
    expected = torch.zeros(2, 128, 37, 53)
    expected[..., *window] = together.grad
    assert _error(feature.grad, expected) < SUMS_OF
    assert uses_up == (feature.grad.data_ptr() == feature.data_ptr())


def _in_arena(shape):
    batch, channels, rows, columns = shape
    numbers = torch.rand(batch, rows, columns, channels, generator=torch.Generator().manual_seed(0))
    return allocate(numbers, numbers.shape).copy_(numbers).permute(0, 3, 1, 2).requires_grad_()


def test_what_was_used_up_is_not_used_again_in_silence():
    feature = _in_arena((1, 64, 80, 80))
    with reuse_memory([feature]):
        found = statistics.gram_sum(feature).sum()
    other = (feature * feature).sum()
    found.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        other.backward()


def test_the_last_of_several_sums_uses_up_what_they_read():
    shift, feature = torch.zeros(1, 64), _in_arena((1, 64, 80, 80))
    plain = feature.detach().clone().requires_grad_()
    with reuse_memory([feature, feature]):
        losses = statistics.gram_sum(feature).sum() + statistics.mean_std_sums(feature, shift)[1].sum()
    losses.backward()
    (statistics.gram_sum(plain).sum() + statistics.mean_std_sums(plain, shift)[1].sum()).backward()
    assert _error(feature.grad, plain.grad) < SUMS_OF
    assert not torch.equal(feature.detach(), plain.detach())


def test_what_others_read_too_is_left_alone():
    feature = _in_arena((1, 64, 80, 80))
    before = feature.detach().clone()
    with reuse_memory([feature, feature]):
        (statistics.gram_sum(feature).sum() + (feature * feature).sum()).backward()
    assert torch.equal(feature.detach(), before)


def test_only_this_engine_s_features_are_used_up():
    feature = _feature((1, 64, 9, 9))
    before = feature.detach().clone()
    with reuse_memory([feature]):
        statistics.gram_sum(feature).sum().backward()
    assert torch.equal(feature.detach(), before)


def test_second_derivatives():
    feature = _feature((1, 64, 2, 3)).detach()
    shift = torch.zeros(1, 64)

    def first_derivative(numbers, fast):
        image = numbers.clone(memory_format=torch.preserve_format).requires_grad_()
        columns = image.flatten(2)
        gram = statistics.gram_sum(image) if fast else columns @ columns.mT
        square = statistics.mean_std_sums(image, shift)[1] if fast else columns.square().sum(-1)
        (gradient,) = torch.autograd.grad((gram**2).sum() + (square**2).sum(), image, create_graph=True)
        (second,) = torch.autograd.grad(gradient.square().sum(), image)
        return second

    assert _error(first_derivative(feature, True), first_derivative(feature.double(), False)) < 2 * SUMS_OF


@pytest.mark.parametrize(
    "feature",
    [
        torch.rand(1, 64, 4, 5),
        torch.rand(1, 48, 4, 5).to(memory_format=torch.channels_last),
        torch.rand(1, 64, 4, 5).double().to(memory_format=torch.channels_last),
    ],
    ids=["channels apart", "48 channels", "double"],
)
def test_what_is_left_to_torch(feature):
    assert not statistics.is_supported(feature)


def test_takes_features_on_meta():
    feature = torch.empty(1, 64, 8, 9, device=META).to(memory_format=torch.channels_last)
    assert statistics.is_supported(feature)
    assert statistics.gram_sum(feature).shape == (1, 64, 64)


@pytest.mark.parametrize("window", WINDOWS)
def test_distance_and_its_gradient(window):
    feature, other = _in_arena((2, 128, 37, 53)), _feature((2, 128, 40, 60)).detach()[..., :37, :53]
    seen = feature[..., *window]
    found = statistics.distance_sum(seen, other[..., *window])
    (found * torch.tensor([1.0, -2.0])).sum().backward()
    away = feature.detach().double()[..., *window] - other.double()[..., *window]
    assert _error(found.detach(), away.square().sum((1, 2, 3))) < SUMS_OF
    expected = torch.zeros(2, 128, 37, 53)
    expected[..., *window] = (2 * away * torch.tensor([1.0, -2.0]).view(2, 1, 1, 1)).float()
    assert _error(feature.grad, expected) < SUMS_OF


SUMS = {
    "gram": lambda feature: statistics.gram_sum(feature).square().sum(),
    "spread": lambda feature: statistics.mean_std_sums(feature, torch.full((1, 64), 0.3))[1].square().sum(),
    "distance": lambda feature: 1e4 * statistics.distance_sum(feature, torch.full_like(feature, 0.2)).square().sum(),
    "another distance": lambda feature: 1e3 * statistics.distance_sum(feature, torch.full_like(feature, 0.7)).sum(),
    "torch": lambda feature: 1e6 * feature.pow(3).sum(),
}


@pytest.mark.parametrize("uses_up", [False, True])
@pytest.mark.parametrize("names", [list(SUMS)[:count] for count in (1, 2, 3, 5)] + [list(SUMS)[2:4], ["torch"]])
def test_what_several_sums_need_of_a_window_is_gathered(names, uses_up):
    window = slice(3, 70), slice(9, 80)
    expected = torch.zeros(1, 64, 80, 80)
    for name in names:  # each by itself
        feature = _in_arena((1, 64, 80, 80))
        expected += torch.autograd.grad(SUMS[name](feature[..., *window]), feature)[0]
    feature = _in_arena((1, 64, 80, 80))
    with reuse_memory([feature] * len(names) if uses_up else []):
        seen = crop_feature(feature, *window)
        loss = sum(SUMS[name](seen) for name in names)
    before = feature.detach().clone()
    assert _error(torch.autograd.grad(loss, feature)[0], expected) < SUMS_OF
    reads_once = names in (["gram"], ["gram", "spread"])
    assert torch.equal(before, feature.detach()) != (uses_up and reads_once)


def test_a_crop_that_nobody_needs_anything_of():
    feature = _in_arena((1, 64, 80, 80))
    gradient = torch.autograd.grad(crop_feature(feature).sum() * 0 + feature.sum(), feature)[0]
    assert torch.equal(gradient, torch.ones_like(feature))
