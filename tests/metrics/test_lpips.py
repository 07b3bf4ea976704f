"""LPIPS against its definition, computed in float64 with numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from brushwork.encoders.weights.find import find_weights
from brushwork.encoders.weights.manage import weight_state
from brushwork.errors import WeightsError
from brushwork.metrics.lpips import Lpips
from tolerances import THROUGH_VGG

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Of the authors' program, on [−1, 1]."""
VGG16 = (2, 2, 3, 3, 3)
"""Convolutions of each block."""


def numbers(tensor):
    return tensor.detach().double().numpy()


def convolved(x, weight, bias, stride, padding):
    """max(0, W ∗ x + b), for x of channels × rows × columns."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    return np.maximum(np.tensordot(weight, windows, axes=((1, 2, 3), (0, 3, 4))) + bias[:, None, None], 0)


def pooled(x, kernel):
    return np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))[:, ::2, ::2].max((3, 4))


def alexnet_features(weights, x):
    strides_and_paddings = ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))
    for index, (stride, padding) in enumerate(strides_and_paddings, start=1):
        x = convolved(x, weights[f"conv{index}.weight"], weights[f"conv{index}.bias"], stride, padding)
        yield x
        x = pooled(x, 3) if index <= 2 else x


def vgg16_features(weights, x):
    for block, convolutions in enumerate(VGG16, start=1):
        for index in range(1, convolutions + 1):
            name = f"conv{block}_{index}"
            x = convolved(x, weights[f"{name}.weight"], weights[f"{name}.bias"], 1, 1)
        yield x
        x = pooled(x, 2)


FEATURES = {"alexnet": alexnet_features, "vgg16": vgg16_features}


def defined(name, weights, linear, pictures):
    """Σ_l mean over cells of Σ_c w_c (f̂ − ĝ)²."""
    weights = {key: numbers(tensor) for key, tensor in weights.items()}
    shift, scale = (np.array(one)[:, None, None] for one in (SHIFT, SCALE))
    shown = [(2 * numbers(picture)[0] - 1 - shift) / scale for picture in pictures]
    maps = [FEATURES[name](weights, x) for x in shown]
    found = 0.0
    for one, other, layer in zip(*maps, linear, strict=True):
        unit = [f / (np.sqrt((f**2).sum(0, keepdims=True)) + 1e-10) for f in (one, other)]
        found += (numbers(layer)[:, None, None] * (unit[0] - unit[1]) ** 2).sum(0).mean()
    return found


@pytest.mark.parametrize("name", FEATURES)
def test_it_is_what_the_definition_says(name, lpips, tensors, photograph, painting):
    pictures = photograph[..., :40, :48], painting[..., :40, :48]
    weights, linear = tensors[name]
    expected = defined(name, weights, linear, pictures)
    assert lpips[name](*pictures) == pytest.approx(expected, rel=THROUGH_VGG)
    assert expected > 0.01


@pytest.mark.parametrize("name", FEATURES)
def test_the_published_weights_give_what_the_definition_says(name, photograph, painting):
    if any(weight_state(one).state != "cached" for one in (name, f"lpips-{name}")):
        pytest.skip(f"the weights of {name} are not on this machine")
    pictures = photograph[..., :40, :48], painting[..., :40, :48]
    weights, linear = (find_weights(one).tensors for one in (name, f"lpips-{name}"))
    expected = defined(name, weights, linear.values(), pictures)
    assert Lpips.load(name)(*pictures) == pytest.approx(expected, rel=THROUGH_VGG)


@pytest.mark.slow
@pytest.mark.parametrize("name", FEATURES)
def test_it_is_a_distance(name, lpips, photograph, painting):
    painting = painting[..., :64, :].repeat(1, 1, 1, 2)[..., :80]
    there, back = lpips[name](photograph, painting), lpips[name](painting, photograph)
    assert lpips[name](photograph, photograph) == 0
    assert there == pytest.approx(back, rel=THROUGH_VGG)
    assert there > lpips[name](photograph, torch.lerp(photograph, painting, 0.2)) > 0


def test_missing_weights_say_how_they_are_got(tmp_path, monkeypatch):
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="brushwork weights get vgg16"):
        Lpips.load("vgg16")
