"""Warp images by optical flow, and compose flows."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.types import Feature

Flow: TypeAlias = Float[Tensor, "_ 2 _ _"]
"""Displacement (x, y), in pixels, of every pixel of one frame to its place in another."""

Coordinates: TypeAlias = Float[Tensor, "_ 2 _ _"]
"""Place of every pixel of one frame in another, (x, y) in pixels; pixel centers are integers."""

WarpKernel: TypeAlias = Literal["bilinear", "bicubic", "nearest"]


def identity_coordinates(size: Size, like: Tensor) -> Coordinates:
    """Return the coordinates of every pixel itself."""
    rows = torch.arange(size.height, dtype=like.dtype, device=like.device)
    columns = torch.arange(size.width, dtype=like.dtype, device=like.device)
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]


def to_coordinates(flow: Flow) -> Coordinates:
    """Return p + F(p)."""
    return identity_coordinates(Size.of(flow), flow) + flow


def sample(image: Feature, coordinates: Coordinates, kernel: WarpKernel = "bilinear") -> Feature:
    """Return the image at the coordinates; beyond the border, its nearest pixel.

    Bicubic is torch's, with a = -3/4: it overshoots at edges, and keeps about as much sharpness as there is.
    """
    height, width = Size.of(image)
    scale = coordinates.new_tensor([2 / max(1, width - 1), 2 / max(1, height - 1)])
    grid = coordinates.permute(0, 2, 3, 1) * scale - 1
    return F.grid_sample(
        image, grid.expand(len(image), -1, -1, -1).to(image), kernel, padding_mode="border", align_corners=True
    )


def warp(image: Feature, flow: Flow, kernel: WarpKernel = "bilinear") -> Feature:
    """Return ω(p) = x(p + F(p)): the image x of another frame, moved to where this frame has it.

    Source: Ruder, Dosovitskiy, Brox, 1604.08610, section 4.1.
    """
    return sample(image, to_coordinates(flow), kernel)


def lies_inside(coordinates: Coordinates, size: Size) -> Tensor:
    """Return whether all bilinear neighbors of each coordinate lie in an image of this size; (b, 1, h, w), bool."""
    x, y = coordinates[:, :1], coordinates[:, 1:]
    return (x >= 0) & (y >= 0) & (x <= size.width - 1) & (y <= size.height - 1)


def compose(first: Coordinates, second: Coordinates) -> Coordinates:
    """Return m(p) = second(first(p)): from frame i by way of frame k to frame j."""
    return sample(second, first)


def resize_flow(flow: Flow, size: Size) -> Flow:
    """Return the flow between the same frames at another size: resampled, and its values scaled."""
    own = Size.of(flow)
    scale = flow.new_tensor([size.width / own.width, size.height / own.height]).view(1, 2, 1, 1)
    return resize(flow, size, kernel="bilinear") * scale
