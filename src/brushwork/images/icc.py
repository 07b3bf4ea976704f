"""Convert ICC color profiles, and Lab images, to sRGB."""

from __future__ import annotations

from functools import cache, lru_cache
from io import BytesIO
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from PIL import ImageCms

from brushwork.images.color import linear_to_srgb
from brushwork.images.files import EXTRA, import_vips
from brushwork.images.loaded import LAB_NOTE

_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}
"""Pillow's modes, and the color space of the profiles for each."""

_DATE = slice(24, 36)  # creation date in the profile's header: ICC.1:2010, 7.2
_FIXED_DATE = bytes((0x07, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # 2000-01-01, so that files repeat byte for byte
_SAME = 2  # levels of 255: differently rounded sRGB profiles differ by this much
_PROBES = range(0, 256, 15)  # levels of 255
_WHOLE = 65535

_D50 = (0.9642, 1.0, 0.8249)  # ICC.1:2010, 7.2.16
# Linear sRGB to XYZ under D50: the primaries of IEC 61966-2-1, adapted by Bradford's matrix (ICC.1:2010, annex E).
_SRGB_TO_XYZ = (
    (0.4360747, 0.3850649, 0.1430804),
    (0.2225045, 0.7168786, 0.0606169),
    (0.0139322, 0.0971045, 0.7141733),
)
_LINE_END = 6 / 29  # CIE 15:2004, 8.2.1: the cube root above it, a line below


class ColorConversion(NamedTuple):
    """How to convert images of a mode to sRGB. Without a transform, the numbers are used unchanged."""

    mode: str
    transform: ImageCms.ImageCmsTransform | None = None
    notes: tuple[str, ...] = ()


@cache
def make_srgb_profile() -> bytes:
    """Return the sRGB profile that is written into files."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_DATE] = _FIXED_DATE
    return bytes(profile)


def to_srgb(color: PIL.Image.Image, icc: bytes | None) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return 8-bit sRGB (or gray) samples of an image in mode L, RGB, CMYK or LAB, and notes for the user."""
    found = find_conversion(icc, color.mode)
    if found.transform is not None:
        color = found.transform.apply(color.convert(found.mode) if color.mode != found.mode else color)
    elif color.mode == "CMYK":
        color = color.convert("RGB")
    samples = np.asarray(color)
    return samples.reshape(*samples.shape[:2], -1), found.notes


def to_srgb_deep(color: NDArray[np.uint16], icc: bytes | None) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Return 16-bit sRGB (or gray) samples from 1 (gray), 3 (RGB) or 4 (CMYK) channels, and notes for the user."""
    found = find_conversion(icc, {1: "L", 3: "RGB", 4: "CMYK"}[color.shape[-1]])
    if icc and found.transform is not None:
        if (pyvips := import_vips()) is None:
            return color, (f"its color profile was ignored, because pyvips is not installed: {EXTRA}",)
        if found.mode == "RGB":
            color = np.broadcast_to(color, (*color.shape[:2], 3))
        return _convert_deep(pyvips, color, icc), found.notes
    if color.shape[-1] == 4:
        ink = 1 - color.astype(np.float32) / _WHOLE
        color = (ink[..., :3] * ink[..., 3:] * _WHOLE).round().astype(np.uint16)
    return color, found.notes


@lru_cache(maxsize=4)  # the pictures of a folder often have the same profile
def find_conversion(icc: bytes | None, mode: str) -> ColorConversion:
    """Return the conversion to sRGB for images of this mode with this profile.

    A damaged profile, or one for another color space, is ignored. A profile that means sRGB changes nothing.
    """
    plain = _plain(mode)
    if not icc:
        return plain
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        space, name = profile.profile.xcolor_space.strip(), _title(profile)
        if space == _SPACES["RGB"] and mode == "L":
            mode = "RGB"
        if space != _SPACES[mode]:
            note = f"its color profile ({name}) is for {space} images, not {_SPACES[mode]}: ignored"
            return plain._replace(notes=(*plain.notes, note))
        transform = _transform(profile, mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return plain._replace(notes=(*plain.notes, "its color profile is damaged: ignored"))
    if mode in ("L", "RGB") and _changes_nothing(transform, mode):
        return plain
    kind = name if mode in ("L", "RGB") else f"{_SPACES[mode]} ({name})"
    return ColorConversion(mode, transform, (f"converted from {kind} to sRGB",))


def _plain(mode: str) -> ColorConversion:
    """Return the conversion for an image without a profile."""
    if mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return ColorConversion(mode, _transform(lab, mode), (LAB_NOTE,))
    if mode == "CMYK":
        return ColorConversion(mode, notes=("converted from CMYK without a profile: its colors are approximate",))
    return ColorConversion(mode)


def _transform(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    """Return a transform to sRGB, relative colorimetric with black point compensation, as browsers and editors use."""
    return ImageCms.ImageCmsTransform(
        profile,
        ImageCms.ImageCmsProfile(BytesIO(make_srgb_profile())),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Return whether a lattice of colors stays the same; profile names are unreliable."""
    colors = list(product(_PROBES, repeat=3)) if mode == "RGB" else [(level,) * 3 for level in range(256)]
    lattice = PIL.Image.fromarray(np.array([colors], dtype=np.uint8))
    after = transform.apply(lattice if mode == "RGB" else lattice.getchannel(0))
    return bool(np.abs(np.asarray(after, np.int16) - np.asarray(lattice, np.int16)).max() <= _SAME)


def _title(profile: ImageCms.ImageCmsProfile) -> str:
    return " ".join(ImageCms.getProfileDescription(profile).split()) or "an unnamed profile"


def _convert_deep(pyvips: Any, color: NDArray[np.uint16], icc: bytes) -> NDArray[np.uint16]:
    image = pyvips.Image.new_from_array(
        np.ascontiguousarray(color), interpretation={1: "grey16", 3: "rgb16", 4: "cmyk"}[color.shape[-1]]
    ).copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    # Not `icc_transform`: from 16 to 16 bits it interpolates in a table of 33³ colors, with errors of up to 0.04.
    lab = image.icc_import(embedded=True, pcs="lab", intent="relative", black_point_compensation=True)
    return lab_to_srgb16(lab.numpy())


def lab_to_srgb16(lab: NDArray[Any]) -> NDArray[np.uint16]:
    """Return 16-bit sRGB of rows × columns × (L in 0 to 100, a, b); colors outside the sRGB gamut are clipped.

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
