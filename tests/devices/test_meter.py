from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from brushwork.devices.meta_results import MetaResults
from brushwork.devices.meter import META, MemoryMeter, to_meta
from tiny_network import tiny_network

KIBI = 1024


def kibibytes(count):
    """A tensor of so many of them."""
    return torch.empty(count * KIBI // 4, device=META)


@pytest.mark.slow
def test_tensors_count_as_long_as_they_are_referred_to():
    with MemoryMeter() as meter:
        one = kibibytes(3)
        two = one * 2
        assert (meter.live, meter.peak) == (6 * KIBI, 6 * KIBI)
        del one
        assert (meter.live, meter.peak) == (3 * KIBI, 6 * KIBI)
        two.add_(1)
        part = two[:10]
        assert meter.live == 3 * KIBI
        del two
        assert meter.live == 3 * KIBI
        del part
    assert (meter.live, meter.peak) == (0, 6 * KIBI)


def test_what_the_backward_pass_needs_counts():
    leaf = kibibytes(1).requires_grad_()
    with MemoryMeter() as meter:
        loss = (leaf.exp() * 2).sin().sum()
        assert meter.live == 2 * KIBI + 4  # exp's result and sin's argument, and the sum
        loss.backward()
        assert leaf.grad is not None
    assert meter.peak >= 3 * KIBI


def test_real_tensors_do_not_count():
    with MemoryMeter() as meter:
        real = torch.ones(100) + 1
    assert float(real.sum()) == 200
    assert meter.peak == 0


def test_numbers_read_from_meta_are_0():
    with MemoryMeter():
        assert float(kibibytes(1).sum()) == 0.0
        assert not bool(kibibytes(1).isfinite().all())


def test_a_module_without_its_numbers_computes_shapes():
    network = tiny_network()
    bare = to_meta(network)
    features = bare(torch.empty(1, 3, 4000, 6000, device=META), ["relu3_1"])
    assert features["relu3_1"].shape == (1, 16, 1000, 1500)
    assert {one.device for one in (*bare.parameters(), *bare.buffers())} == {META}
    assert {one.device.type for one in (*network.parameters(), *network.buffers())} == {"cpu"}
    assert bare.name == network.name


def shown(tensor):
    return tensor.shape, tensor.stride(), tensor.dtype, tensor.device


def compute_many():
    """Layouts of results that differ in few things: strides, types of numbers, sizes, and how many there are."""
    image, kernels = torch.empty(2, 4, 9, 7, device=META), torch.empty(5, 4, 3, 3, device=META)
    last = image.contiguous(memory_format=torch.channels_last)
    whole = torch.ones(3, dtype=torch.int64, device=META)
    return [
        *map(shown, (image + 1, last + 1, image.mT + 1, image.half() + 1, image[:, :, :, ::2] + 1)),
        *map(shown, (whole * 1, whole * 1.0, whole * True, whole.sum(), whole.float().sum())),
        *map(shown, (F.conv2d(image, kernels), F.conv2d(last, kernels), F.conv2d(image, kernels, padding=1))),
        *map(shown, F.max_pool2d(image, 2, return_indices=True)),
        *map(shown, F.max_pool2d(image, 2, ceil_mode=True, return_indices=True)),
        *map(shown, (torch.cat([image, image]), torch.cat([image, image], 1), image.expand(3, -1, -1, -1, -1) * 2)),
    ]


def test_results_are_those_without_a_meter():
    wanted = compute_many()
    with MemoryMeter():
        assert [compute_many(), compute_many()] == [wanted, wanted]


def test_a_tensor_that_was_computed_before_is_a_new_one():
    with MemoryMeter() as meter:
        one = kibibytes(1)
        two, three = one * 2, one * 2
        assert meter.live == 3 * KIBI
        two.resize_(0)
        assert len(three) == KIBI // 4
        assert one.add_(1) is one
        assert one[:5].untyped_storage()._cdata == one.untyped_storage()._cdata


def test_a_layout_is_computed_once():
    calls = []

    def add(*args, **kwargs):
        calls.append(args)
        return torch.ops.aten.add.Tensor(*args, **kwargs)

    add._schema = torch.ops.aten.add.Tensor._schema
    results, one = MetaResults(), kibibytes(1)
    for given in ((one, one), (one, one), (one, one[:1]), (one, one[:1])):
        assert len(results.compute(add, given, {})) == len(one)
    assert len(calls) == 2
    real = torch.ones(2)
    assert [float(results.compute(add, (real, real * two), {})[0]) for two in (1, 2)] == [2, 3]
