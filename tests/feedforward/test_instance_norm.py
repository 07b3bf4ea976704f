"""Instance normalization: torch's values, and the gradient that finite differences have, in any layout."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from brushwork.feedforward.networks.blocks import InstanceNorm
from tolerances import rounding


def norm(channels: int, dtype: torch.dtype) -> InstanceNorm:
    torch.manual_seed(0)
    made = InstanceNorm(channels, affine=True).to(dtype)
    nn.init.uniform_(made.weight)
    nn.init.uniform_(made.bias)
    return made


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradient_is_that_of_finite_differences(batch: int, layout: torch.memory_format) -> None:
    made = norm(3, torch.float64)
    x = torch.randn(batch, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    weight, bias = (one.detach().clone().requires_grad_() for one in (made.weight, made.bias))

    def normalized(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        found = torch.func.functional_call(made, {"weight": weight, "bias": bias}, (x,))
        return nn.functional.relu(found.contiguous(memory_format=layout) + 10, inplace=True)

    assert torch.autograd.gradcheck(normalized, (x, weight, bias))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_are_those_of_torch(batch: int, layout: torch.memory_format) -> None:
    made, x = norm(8, torch.float32), 3 + torch.randn(batch, 8, 9, 7)
    x = x.contiguous(memory_format=layout)
    wanted = nn.functional.instance_norm(x.double(), weight=made.weight.double(), bias=made.bias.double())
    close = partial(torch.testing.assert_close, rtol=0, atol=rounding(9 * 7))
    close(made(x).double(), wanted)
    with torch.no_grad():
        close(made(x).double(), wanted)


def test_a_gradient_in_another_layout_is_the_same() -> None:
    """Where torch's own is wrong."""
    made, x, pull = norm(4, torch.float32), torch.randn(1, 4, 6, 6), torch.randn(1, 4, 6, 6)
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        leaf = x.clone().requires_grad_()
        made(leaf).backward(pull.contiguous(memory_format=layout))
        found.append(leaf.grad)
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=rounding(36) * float(found[0].abs().max()))
