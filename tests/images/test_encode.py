"""Whole levels, strip by strip."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.encode import quantize, require_no_nan


@pytest.mark.parametrize("rows", [1, 15, 16, 39])
@pytest.mark.parametrize("bits", [8, 16])
def test_strips_give_the_levels_of_the_whole(monkeypatch, rows, bits):
    monkeypatch.setattr("brushwork.images.geometry._STRIP", 80)  # 16 rows
    image = torch.rand(1, 3, rows, 5) * 1.2 - 0.1
    expected = (image[0].clamp(0, 1) * (2**bits - 1)).round().permute(1, 2, 0).numpy()
    assert np.array_equal(quantize(image, bits), expected)


def test_alpha_is_a_fourth_channel_or_lets_white_through():
    image, alpha = torch.zeros(1, 3, 2, 2), torch.tensor([[[[0.0, 1.0], [0.2, 2.0]]]])
    assert quantize(image, alpha=alpha)[..., 3].tolist() == [[0, 255], [51, 255]]
    assert quantize(image, alpha=alpha, over_white=True)[..., 0].tolist() == [[255, 0], [204, 0]]
    assert quantize(image, over_white=True).shape == (2, 2, 3)


def test_nan_is_refused_and_infinity_clamped():
    require_no_nan(torch.tensor([-torch.inf, 0.5, torch.inf]), "picture")
    assert quantize(torch.full((1, 3, 1, 1), torch.inf)).max() == 255
    with pytest.raises(InputError, match="the alpha holds NaN"):
        require_no_nan(torch.tensor([0.0, torch.nan, 1.0]), "alpha")
