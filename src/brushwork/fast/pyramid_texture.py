"""Textures drawn by a painter that has learned one."""

from __future__ import annotations

import torch

from brushwork.errors import OutOfMemory
from brushwork.evaluate.memory import available_memory
from brushwork.evaluate.meter import META, Meter, on_meta
from brushwork.fast.pyramid import PyramidNetwork
from brushwork.picture.window import Size
from brushwork.types import Image

_GIGA = 1e9


@torch.no_grad()
def draw(network: PyramidNetwork, size: Size, seed: int, device: torch.device) -> Image:
    """A texture of a size, in [0, 1], on the CPU; the same for the same seed.

    Its opposite borders meet where the sides are multiples of the network's stride, and two strides at least.

    Raises: InputError: the network paints photographs. OutOfMemory: it does not fit.
    """
    _require_room(network, size, device)
    drawn: Image = network.to(device)(size=size, seed=seed)
    return drawn.float().cpu().clamp(0, 1)


def need(network: PyramidNetwork, size: Size) -> int:
    """Bytes of tensors that a texture of a size takes at its peak: some 1.2 kB for each pixel."""
    bare = on_meta(network)
    with Meter() as meter, torch.no_grad():
        shapes = network.shapes(network.whole(size), 1)
        bare.paint([torch.empty(shape, device=META) for shape in shapes])
    return meter.peak


def _require_room(network: PyramidNetwork, size: Size, device: torch.device) -> None:
    wanted, left = need(network, size), available_memory(device)
    if left is not None and wanted > left:
        raise OutOfMemory(
            f"a texture of {size} pixels takes {wanted / _GIGA:.1f} GB, and {left / _GIGA:.1f} GB are left: take a "
            "smaller size."
        )
