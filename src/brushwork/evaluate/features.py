"""Features of a part of a picture, looked at tile by tile."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.evaluate.layout import Layout
from brushwork.evaluate.mapped import spacious
from brushwork.evaluate.sums import cut
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Window
from brushwork.types import Feature, Features, Image


@torch.no_grad()
def features_of(encoder: Encoder, present: Image, taps: Sequence[str], own: Window, side: int) -> Features:
    """The cells that belong to the pixels `own`, at some taps, looked at in tiles of `side` pixels, halo included.

    `present` is `layout.outer(own)`: those pixels, and the ones that their cells look at.
    """
    layout = Layout.of(encoder, dict.fromkeys(taps, 0), own.of)
    outer, found = layout.outer(own), dict[str, Feature]()
    for tile in layout.alike(layout.tiles(side, own), present.device):
        around = layout.outer(tile)
        for tap, feature in encoder(around.within(outer).crop(present), taps).items():
            lattice = layout.lattices[tap]
            all_cells, cells = lattice.owned(own), lattice.owned(tile)
            if tap not in found:
                found[tap] = _room(feature, all_cells)
            if feature.device.type != "meta":
                cells.within(all_cells).crop(found[tap]).copy_(cut(feature, lattice, around, cells))
    return found


def _room(like: Feature, cells: Window) -> Feature:
    """A map of some cells, whose channels lie together where they do so in the features that it is for."""
    batch, channels = like.shape[:2]
    if like.stride(1) == 1:
        return spacious((batch, cells.height, cells.width, channels), like).permute(0, 3, 1, 2)
    return spacious((batch, channels, cells.height, cells.width), like)
