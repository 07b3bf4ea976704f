"""Textures by a painter of photographs: it paints brown noise."""

from __future__ import annotations

from dataclasses import replace

import torch

from brushwork.fast.brown import brown_noise
from brushwork.fast.by_painter import ByPainter, PainterBrush
from brushwork.fast.painter import Painter
from brushwork.picture.window import Size
from brushwork.recipes.pictures import Pictures
from brushwork.types import Image


def draw_from_noise(painter: Painter, size: Size, seed: int, device: torch.device) -> Image:
    """A texture of a size, in [0, 1], on the CPU; the same for the same seed. It goes by strips, as photographs do.

    Source: Li & Wand, 1604.04382, section 5.
    """
    noise = brown_noise(size, torch.Generator().manual_seed(seed)).to(device)
    network = painter.network.to(device).requires_grad_(False)
    brush = PainterBrush(ByPainter(painter=painter.name), replace(painter, network=network))
    *_, last = brush.paint(Pictures(noise), size)
    assert last.picture is not None  # the last stroke's
    return last.picture.float().cpu()
