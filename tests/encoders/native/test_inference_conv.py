from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from brushwork.devices.meter import META, MemoryMeter
from brushwork.encoders.native.inference_conv import RectifiedConvolutionStep, convolve_rectified, is_supported
from tolerances import rounding

pytestmark = pytest.mark.usefixtures("compiled")


def _layer(inputs=64, outputs=128):
    generator = torch.Generator().manual_seed(1)
    layer = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect").requires_grad_(False)
    layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) / 24)
    layer.bias.copy_(torch.randn(outputs, generator=generator))
    return layer


def _plain(feature, layer, enlarges):
    """In float64, by torch."""
    x = functional.interpolate(feature.double(), scale_factor=2, mode="nearest") if enlarges else feature.double()
    around = functional.pad(x, (1, 1, 1, 1), mode="reflect")
    return functional.conv2d(around, layer.weight.double(), layer.bias.double()).relu()


@pytest.mark.parametrize("enlarges", [False, True])
@pytest.mark.parametrize("size", [(2, 2), (5, 9), (49, 53), (50, 98)])
def test_it_equals_the_plain_convolution(enlarges, size):
    feature, layer = torch.randn(1, 64, *size, generator=torch.Generator().manual_seed(0)), _layer()
    found, true = (
        convolve_rectified(feature, RectifiedConvolutionStep(layer, enlarges)),
        _plain(feature, layer, enlarges),
    )
    assert found.shape == true.shape
    assert float((found - true).norm() / true.norm()) < rounding(9 * 64)


def test_what_it_does_not_know():
    feature = torch.zeros(1, 64, 4, 4)
    assert is_supported(feature, _layer().weight)
    assert not is_supported(feature.double(), _layer().weight)
    assert not is_supported(feature, nn.Conv2d(64, 3, 3).weight)
    assert not is_supported(feature.requires_grad_(), _layer().weight)


def test_on_meta_memory_is_taken_and_nothing_done():
    with MemoryMeter() as meter:
        found = convolve_rectified(
            torch.empty(1, 64, 32, 32, device=META), RectifiedConvolutionStep(_layer().to(META), True)
        )
    assert found.shape == (1, 128, 64, 64)
    assert meter.peak >= found.nbytes
