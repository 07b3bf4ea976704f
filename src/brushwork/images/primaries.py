"""ICC profiles made from the PNG chunks gAMA and cHRM, for files without a profile.

Sources: ISO/IEC 15948 (PNG), 11.3.3 (the chunks, and their order of precedence); ICC.1:2010, 8.3 (profiles of three
primaries and a curve), 10.16 (curves), annex E (adaptation of the white).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""White, red, green and blue: x and y of each, as in the chunk."""
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # IEC 61966-2-1, eq. 5 and 6
_POWER, _POWER_ABOVE_LINE = 0, 3  # curve types

_SRGB_GAMMA = 1 / 2.2
"""The gamma that files with the sRGB curve declare."""
_SAME_GAMMA = 0.05
"""Relative difference up to which a gamma counts as that of sRGB, as in libpng."""
_COLORS = 4
_LARGEST = 2**15
"""Upper bound of the numbers in a profile."""

_D50 = np.array((0.9642, 1.0, 0.8249))  # ICC.1:2010, 7.2.16
_BRADFORD = np.array(((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)))
_HEADER = 128


def find_profile(info: Mapping[Any, Any]) -> bytes | None:
    """Return an image's ICC profile from the data that Pillow read in its file; None for sRGB or if none is declared.

    A profile in the file takes precedence over the sRGB mark, and the mark over gamma and primaries.
    """
    if icc := info.get("icc_profile"):
        return bytes(icc)
    if "srgb" in info:
        return None
    exponent, columns = _exponent(info.get("gamma") or 0.0), _columns(info.get("chromaticity") or ())
    if exponent is None and columns is None:
        return None
    title = "its own primaries" if exponent is None else f"gamma {1 / exponent:.5g}"
    curve = _curve(_POWER_ABOVE_LINE, *_SRGB_CURVE) if exponent is None else _curve(_POWER, exponent)
    if columns is None:
        columns = _columns(_SRGB)
        assert columns is not None
    return _profile(title, columns, curve)


def _exponent(gamma: float) -> float | None:
    """Return the exponent that turns samples into light; None for the curve of sRGB."""
    if abs(gamma / _SRGB_GAMMA - 1) <= _SAME_GAMMA or gamma * _LARGEST <= 1:
        return None
    return 1 / gamma


def _columns(primaries: Sequence[float]) -> NDArray[np.float64] | None:
    """Return XYZ of red, green and blue under D50; None if the declared values do not define colors."""
    xy = np.array(primaries, dtype=np.float64).reshape(-1, 2)
    if len(xy) != _COLORS or (xy[:, 1] <= 0).any():
        return None
    white, *colors = (np.array((x / y, 1.0, (1 - x - y) / y)) for x, y in xy)
    shape = np.array(colors).T
    if np.linalg.matrix_rank(shape) < len(shape) or (white <= 0).any():
        return None
    shares = np.linalg.solve(shape, white)
    if (shares <= 0).any():
        return None
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    columns: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ (cones[:, None] * _BRADFORD) @ (shape * shares)
    return columns if np.abs(columns).max() < _LARGEST else None


def _profile(title: str, columns: NDArray[np.float64], curve: bytes) -> bytes:
    """Return a version 4 ICC profile of a display with these primaries and one curve."""
    tags = {
        b"desc": _text(title),
        b"cprt": _text("none"),
        b"wtpt": _xyz(_D50),
        **{name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    start = _HEADER + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    kind = struct.pack(">I", 0x04200000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head = bytes(4) + kind + _to_fixed_point(*_D50)
    return struct.pack(">I", start + len(body)) + head + bytes(_HEADER - 4 - len(head)) + table + body


def _curve(kind: int, *numbers: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + _to_fixed_point(*numbers)


def _xyz(color: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _to_fixed_point(*color)


def _text(words: str) -> bytes:
    written = words.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(written), 28) + written


def _to_fixed_point(*numbers: float) -> bytes:
    """Return numbers in fixed point, 16 bits before the point and 16 after it."""
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))
