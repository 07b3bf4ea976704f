from __future__ import annotations

import pytest
import torch

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
