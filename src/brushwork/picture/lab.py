"""From the colors that profiles connect through, CIE Lab under D50, to sRGB."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brushwork.picture.color import linear_to_srgb

_D50 = (0.9642, 1.0, 0.8249)  # ICC.1:2010, 7.2.16
# Linear sRGB to XYZ under D50: the primaries of IEC 61966-2-1, adapted by Bradford's matrix (ICC.1:2010, annex E).
_SRGB_TO_XYZ = (
    (0.4360747, 0.3850649, 0.1430804),
    (0.2225045, 0.7168786, 0.0606169),
    (0.0139322, 0.0971045, 0.7141733),
)
_LINE_END = 6 / 29  # CIE 15:2004, 8.2.1: the cube root above it, a line below
_WHOLE = 65535


def lab_to_srgb16(lab: NDArray[Any]) -> NDArray[np.uint16]:
    """16-bit sRGB of rows × columns × (L in 0 to 100, a, b); colors that sRGB does not have are clipped.

    f(Y/Yn) = (L+16)/116, f(X/Xn) = f(Y/Yn) + a/500, f(Z/Zn) = f(Y/Yn) - b/200, f the cube root.

    Source: CIE 15:2004, 8.2.1.
    """
    lab = lab.astype(np.float32, copy=False)
    middle = (lab[..., 0] + 16) / 116
    roots = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
    ratios = np.where(roots > _LINE_END, roots**3, 3 * _LINE_END**2 * (roots - 4 / 29))
    to_linear = np.linalg.inv(np.array(_SRGB_TO_XYZ)) * _D50
    linear = (ratios @ to_linear.T.astype(np.float32)).clip(0, 1)
    levels: NDArray[np.uint16] = (linear_to_srgb(torch.from_numpy(linear)).numpy() * _WHOLE).round().astype(np.uint16)
    return levels
