"""Images from arrays and tensors."""

from __future__ import annotations

from sys import maxsize
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size, require_size
from brushwork.images.loaded import IN_MEMORY, LoadedImage

_ROUNDING = 1e-4
"""How far a float may lie outside [0, 1] through rounding in earlier arithmetic; such values are clamped."""

_CHANNELS = (1, 3, 4)  # gray, sRGB, sRGB and alpha
_WHOLE = {torch.uint8: 255, torch.uint16: 65535}
_WIDE = 16  # bits


def from_array(array: NDArray[Any], max_pixels: int) -> LoadedImage:
    """Return an image from an array of rows × columns (gray), × 3 (sRGB) or × 4 (sRGB and alpha).

    A batch axis of 1 may come first. uint8 and uint16 are scaled by their largest value; floats are in [0, 1].

    Raises: InputError: another shape or type, or values out of range.
    """
    deep = array.dtype.kind == "u" and array.dtype.itemsize == 2
    return _picture(planes_of_array(array, "the array", max_pixels), deep)


def from_tensor(tensor: Tensor, max_pixels: int) -> LoadedImage:
    """Return an image from a tensor of 1, 3 or 4 channels × rows × columns, with or without a batch axis of 1.

    Types are as for arrays. The values are copied to the CPU and have no gradient.

    Raises: InputError: another shape or type, or values out of range.
    """
    planes = planes_of_tensor(tensor, "the tensor", max_pixels)
    return _picture(planes.to("cpu", torch.float32, copy=True), tensor.dtype == torch.uint16)


def planes_of_array(array: NDArray[Any], what: str, max_pixels: int = maxsize) -> Tensor:
    """Return a copy of an array as float32, batch × channels × rows × columns, in [0, 1].

    Raises: InputError: a shape or type that `from_array` does not take (any batch size is allowed), or values out of
        range.
    """
    array = np.asarray(array)  # subclasses such as np.matrix index differently
    if array.dtype.kind not in "uf" or (array.dtype.kind == "u" and array.dtype.itemsize * 8 > _WIDE):
        raise InputError(
            f"{what} holds {array.dtype}: give uint8 (0 to 255), uint16 (0 to 65535), or floats from 0 to 1."
        )
    samples = array[None, ..., None] if array.ndim == 2 else array[None] if array.ndim == 3 else array
    if samples.ndim != 4 or samples.shape[3] not in _CHANNELS:
        first = samples.ndim == 4 and samples.shape[1] in _CHANNELS
        hint = f" Channels come last: `array.transpose({'1, 2, 0' if array.ndim == 3 else '0, 2, 3, 1'})`."
        raise InputError(
            f"{what} is an array of the shape {array.shape}: give (height, width), or (height, width, channels) with "
            f"1, 3 or 4 channels, or a batch of these.{hint if first else ''}"
        )
    _require_some(what, samples.shape[0], Size(*samples.shape[1:3]), max_pixels)
    whole = np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1
    values = samples if array.dtype.kind == "u" else clamp_rounding(samples, what)
    planes = np.array(np.moveaxis(values, -1, 1), dtype=np.float32, order="C")
    planes /= whole
    return torch.from_numpy(planes)


def planes_of_tensor(tensor: Tensor, what: str, max_pixels: int = maxsize, beyond: float = 0.0) -> Tensor:
    """Return a tensor as floats, batch × channels × rows × columns, in [0, 1], on its device.

    float32 and float64 keep their type; others become float32. Nothing is copied if nothing has to change. Values
    may lie up to `beyond` outside the range.

    Raises: InputError: a shape or type that `from_tensor` does not take (any batch size is allowed), or values out of
        range.
    """
    plain = tensor.clone() if tensor.is_inference() and not torch.is_inference_mode_enabled() else tensor.detach()
    planes = plain[None] if tensor.ndim == 3 else plain
    if planes.ndim != 4 or planes.shape[1] not in _CHANNELS:
        last = planes.ndim == 4 and planes.shape[3] in _CHANNELS
        hint = f" Channels come first: `tensor.permute({'2, 0, 1' if tensor.ndim == 3 else '0, 3, 1, 2'})`."
        raise InputError(
            f"{what} is a tensor of the shape {tuple(tensor.shape)}: give (channels, height, width) with 1, 3 or 4 "
            f"channels, or a batch of these.{hint if last else ''}"
        )
    _require_some(what, planes.shape[0], Size.of(planes), max_pixels)
    if tensor.layout != torch.strided or not (tensor.is_floating_point() or tensor.dtype in _WHOLE):
        held = tensor.dtype if tensor.layout == torch.strided else tensor.layout
        raise InputError(f"{what} holds {held}: give uint8 (0 to 255), uint16 (0 to 65535), or floats from 0 to 1.")
    if tensor.dtype in _WHOLE:
        return planes.to(torch.float32) / _WHOLE[tensor.dtype]
    planes = planes.to(torch.float64 if planes.dtype == torch.float64 else torch.float32)
    if planes.is_meta:  # it has no values
        return planes
    least, most = (float(bound) for bound in torch.aminmax(planes))
    _require_range(least, most, what, beyond)
    return planes if least >= -beyond and most <= 1 + beyond else planes.clamp(-beyond, 1 + beyond)


def split_alpha(planes: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return the color planes, and alpha if there is a fourth plane (otherwise None)."""
    return (planes[:, :3], planes[:, 3:].clone()) if planes.shape[1] == 4 else (planes, None)


def clamp_rounding(values: NDArray[Any], name: str = "the picture") -> NDArray[Any]:
    """Return floats clamped to [0, 1], after checking that they are finite and outside only by rounding.

    Raises: InputError: NaN, or values out of range.
    """
    _require_range(float(values.min()), float(values.max()), name)
    return values.clip(0, 1)


def to_uint16(samples: NDArray[Any], name: str) -> NDArray[np.uint16]:
    """Return samples as uint16: 16-bit samples unchanged, floats in [0, 1] scaled.

    Raises: InputError: floats out of [0, 1], or samples of another type.
    """
    if samples.dtype.kind == "f":
        return (clamp_rounding(samples, name) * _WHOLE[torch.uint16]).round().astype(np.uint16)
    if samples.dtype.kind != "u" or samples.dtype.itemsize != 2:
        raise InputError(f"{name} holds samples of type {samples.dtype}: save it with 8 or 16 bits, or as floats.")
    return samples.astype(np.uint16, copy=False)


def _require_range(least: float, most: float, what: str, beyond: float = 0.0) -> None:
    if not np.isfinite([least, most]).all():
        raise InputError(f"{what} holds NaN or infinity: give finite values from 0 to 1.")
    if least < -beyond - _ROUNDING or most > 1 + beyond + _ROUNDING:
        whole = next((whole for whole in _WHOLE.values() if least >= 0 and 2 < most <= whole), None)
        remedy = f"divide them by {whole}" if whole else "scale or clamp them"
        requested = f"from {0 - beyond:g} to {1 + beyond:g}"
        raise InputError(f"{what} holds floats from {least:.4g} to {most:.4g}: {remedy}, to be {requested}.")


def _require_some(what: str, count: int, size: Size, max_pixels: int) -> None:
    if count == 0:
        raise InputError(f"{what} is an empty batch: give one picture or more.")
    require_size(what, size, max_pixels)


def _picture(planes: Tensor, deep: bool) -> LoadedImage:
    if len(planes) > 1:
        raise InputError(f"a batch of {len(planes)} pictures was given: give one, or read each by itself.")
    return LoadedImage.of(*split_alpha(planes), (), _WIDE if deep else 8, IN_MEMORY)
