from __future__ import annotations

import pytest
import torch
from torch import nn

from brushwork.encoders.native.kernel_layout import make_forward_kernels


@pytest.mark.parametrize(("inputs", "outputs", "side"), [(64, 128, 3), (5, 7, 3), (80, 64, 1), (512, 64, 3)])
def test_kernels_are_the_weights_as_taps_inputs_outputs(inputs: int, outputs: int, side: int) -> None:
    convolution = nn.Conv2d(inputs, outputs, side).requires_grad_(False)
    expected = convolution.weight.permute(2, 3, 1, 0).contiguous()
    kernels = make_forward_kernels(convolution)
    assert torch.equal(kernels, expected) and kernels.is_contiguous()
    # The weights are kept in that layout, and laid out from there for another module.
    assert torch.equal(convolution.weight.permute(2, 3, 1, 0), expected)
    other = nn.Conv2d(inputs, outputs, side)
    other.weight = convolution.weight
    assert torch.equal(make_forward_kernels(other), expected)
