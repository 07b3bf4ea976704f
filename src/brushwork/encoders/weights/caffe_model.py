"""Read the weights in a .caffemodel file, a protocol buffer, without Caffe."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from brushwork.errors import WeightsError

_LAYERS = {100: (1, 7), 2: (4, 6)}
"""Field number of a NetParameter's layers, in Caffe's second and first format → those of a layer's name and blobs."""

_SHAPE, _VALUES, _DOUBLES = 7, 5, 8
"""Field numbers of a blob: its shape, and its values in single and in double precision."""

_OLD_SHAPE = (1, 2, 3, 4)
"""Field numbers of a blob's four sides in the first format."""

_KINDS = ("weight", "bias")

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
"""Wire types of protocol buffers."""


def read_caffe_model(path: Path) -> dict[str, Tensor]:
    """Read the weights and biases of every layer, named `LAYER.weight` and `LAYER.bias`.

    Weights of convolutions keep their four axes (out, in, rows, columns); those of fully connected layers have two.

    Raises: WeightsError: damaged, truncated or of another kind.

    Source: caffe.proto, messages NetParameter, LayerParameter, V1LayerParameter, BlobProto and BlobShape.
    """
    content, found = memoryview(path.read_bytes()), dict[str, Tensor]()
    try:
        for field, layer in _fields(content):
            if field in _LAYERS and isinstance(layer, memoryview):
                found |= _layer(layer, *_LAYERS[field])
    except (ValueError, IndexError, RuntimeError) as error:
        raise WeightsError(f"{path} is damaged, truncated, or not a .caffemodel file ({error}).") from error
    if not found:
        raise WeightsError(f"{path} holds no weights: expected a .caffemodel file as Caffe writes it after training.")
    return found


def _layer(layer: memoryview, name_field: int, blob_field: int) -> dict[str, Tensor]:
    name, blobs = "", []
    for field, value in _fields(layer):
        if field == name_field and isinstance(value, memoryview):
            name = str(value, "utf-8")
        elif field == blob_field and isinstance(value, memoryview):
            blobs.append(_blob(value))
    return {f"{name}.{kind}": blob for kind, blob in zip(_KINDS, blobs, strict=False)}


def _blob(blob: memoryview) -> Tensor:
    """Return a blob in its shape; in the first format, leading ones are dropped from it."""
    sides, old, values = list[int](), dict[int, int](), list[Tensor]()
    for field, value in _fields(blob):
        if field == _SHAPE and isinstance(value, memoryview):
            sides = _shape(value)
        elif field in _OLD_SHAPE and isinstance(value, int):
            old[field] = value
        elif field in (_VALUES, _DOUBLES) and isinstance(value, memoryview):
            values.append(_numbers(value, torch.float32 if field == _VALUES else torch.float64))
    flat = torch.cat(values) if values else torch.empty(0)
    if not sides:
        sides = [old.get(field, 1) for field in _OLD_SHAPE]
        while len(sides) > 1 and sides[0] == 1:
            sides = sides[1:]
    if flat.numel() != prod(sides):
        raise ValueError(f"a blob of shape {sides} has {flat.numel()} values")
    return flat.view(sides)


def _shape(message: memoryview) -> list[int]:
    """Return the sides of a BlobShape, which may be packed or listed one by one."""
    sides: list[int] = []
    for _, value in _fields(message):
        sides += [value] if isinstance(value, int) else _varints(value)
    return sides


def _numbers(packed: memoryview, dtype: torch.dtype) -> Tensor:
    return torch.frombuffer(bytearray(packed), dtype=dtype).clone() if len(packed) else torch.empty(0, dtype=dtype)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield the number of every field of a message, with its value: a number, or bytes."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind, size = tag & 7, 0
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, place = _varint(message, place)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {kind} at byte {place}")
        if place + size > len(message):
            raise ValueError(f"{size} bytes are announced, {len(message) - place} are left")
        yield tag >> 3, message[place : place + size]
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return the number that begins at a place, with seven bits in each byte, and the place after it."""
    value = shift = 0
    while True:
        byte = message[place]
        value, shift, place = value | (byte & 0x7F) << shift, shift + 7, place + 1
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError(f"a number at byte {place} does not end")


def _varints(packed: memoryview) -> list[int]:
    found, place = [], 0
    while place < len(packed):
        value, place = _varint(packed, place)
        found.append(value)
    return found
