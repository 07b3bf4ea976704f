"""Rectified convolutions in one step: the numbers are those of the modules one after the other."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from brushwork.encoders import fused_relu
from brushwork.encoders.backends import forward_plain
from brushwork.encoders.fused_relu import forward_fused, is_fusible
from tiny_network import picture, tiny_network

ORDER = [f"{kind}{block}" for block in ("1_1", "2_1", "3_1") for kind in ("conv", "relu")]
ROUNDING = 2**-8
"""Half a unit of bfloat16's eight bits, of each of two results."""

bfloat16 = pytest.mark.skipif(
    not is_fusible(nn.Conv2d(3, 3, 3).bfloat16(), torch.zeros(1, 3, 8, 8, dtype=torch.bfloat16)),
    reason="needs a CPU on which oneDNN computes in bfloat16",
)


def stages() -> dict[str, nn.Module]:
    """The rectified convolutions of the tiny network, without its pools."""
    modules = tiny_network(1.0).stages.bfloat16().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return {name: modules[name] for name in ORDER}


def shown() -> torch.Tensor:
    return (picture(1, 24, 20) - 0.5).bfloat16().to(memory_format=torch.channels_last)


def pulled(look, wanted: list[str]) -> list[torch.Tensor]:
    """Features, and the image's gradient through all of them."""
    leaf = shown().requires_grad_()
    features = look(stages(), leaf, wanted)
    generator = torch.Generator().manual_seed(3)
    sums = [(torch.randn(one.shape, generator=generator) * one.float()).sum() for one in features]
    torch.stack(sums).sum().backward()
    assert leaf.grad is not None
    return [*(one.detach().float() for one in features), leaf.grad.float()]


@bfloat16
@pytest.mark.parametrize("wanted", [["relu1_1", "relu3_1"], ["relu2_1"], ["conv2_1", "relu3_1"]])
def test_features_and_gradients_are_those_of_the_modules(wanted: list[str]) -> None:
    """Also where a convolution itself is asked for, before its rectification."""
    *features, gradient = pulled(forward_fused, wanted)
    *expected, reference = pulled(forward_plain, wanted)
    for one, other in zip(features, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=2 * ROUNDING, atol=2 * ROUNDING * float(other.abs().max()))
    assert (gradient - reference).norm() <= 4 * ROUNDING * reference.norm()  # three layers back


@bfloat16
def test_each_rectified_convolution_is_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    taken = fused_relu._FusedConvolution.apply
    monkeypatch.setattr(fused_relu._FusedConvolution, "apply", lambda x, layer: seen.append(layer) or taken(x, layer))
    with torch.no_grad():
        forward_fused(stages(), shown(), ["conv2_1", "relu3_1"])
    assert [one.out_channels for one in seen] == [8, 16]


def test_other_numbers_go_through_the_modules() -> None:
    network, image = tiny_network(1.0), picture(1, 24, 20)
    both = [look(dict(network.stages.items()), image, ["relu3_1"])[0] for look in (forward_fused, forward_plain)]
    assert torch.equal(*both)


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), nn.MaxPool2d(2)])
def test_other_stages_are_not_fused(layer: nn.Module) -> None:
    assert not is_fusible(layer.bfloat16(), torch.zeros(1, 3, 8, 8, dtype=torch.bfloat16))
