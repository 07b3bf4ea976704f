"""Pictures as whole numbers, strip by strip: nothing as large as the picture is made beside the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.limits import rows_at_a_time
from brushwork.picture.window import Size
from brushwork.types import Image


def quantize(image: Image, bits: int = 8, *, alpha: Tensor | None = None, over_white: bool = False) -> NDArray[Any]:
    """The nearest whole levels, rows × columns × 3, or 4 with alpha; values are clamped to [0, 1].

    `over_white`: shown over white instead of keeping alpha.
    """
    height, width = Size.of(image)
    channels = 3 if alpha is None or over_white else 4
    whole = np.empty((height, width, channels), f"uint{bits}")
    rows_of_strip = rows_at_a_time(width)
    for top in range(0, height, rows_of_strip):
        rows = slice(top, top + rows_of_strip)
        strip = [_values(one[..., rows, :]) for one in (image, alpha) if one is not None]
        if over_white and alpha is not None:
            color, coverage = strip
            strip = [color * coverage + (1 - coverage)]
        whole[rows] = (np.concatenate(strip, axis=-1) * (2**bits - 1)).round()
    return whole


def require_no_nan(tensor: Tensor, name: str) -> None:
    """Refuse NaN; infinities are clamped.

    Raises: InputError.
    """
    if any(torch.isnan(bound) for bound in torch.aminmax(tensor.detach())):
        raise InputError(f"the {name} holds NaN, and cannot be written: nothing was.")


def _values(tensor: Tensor) -> NDArray[Any]:
    """Rows × columns × channels in [0, 1], as float32."""
    return np.asarray(tensor.detach().float().cpu()[0].permute(1, 2, 0)).clip(0, 1)
