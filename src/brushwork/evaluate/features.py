"""Features of a part of a picture, looked at part by part."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.evaluate.mapped import spacious
from brushwork.evaluate.sight import Sight
from brushwork.evaluate.tiled import part_by_part
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Window
from brushwork.types import Feature, Features, Image


@torch.no_grad()
def features_of(encoder: Encoder, present: Image, taps: Sequence[str], own: Window, side: int) -> Features:
    """The cells that belong to the pixels `own`, at some taps; looked at row after row or in tiles, as in `tiled`.

    `present` is `layout.outer(own)`: those pixels, and the ones that their cells look at.
    """
    sight, found = Sight.on(encoder, present, own, {}, taps), dict[str, Feature]()
    for tap, cells, feature in part_by_part(sight, side).features():
        all_cells = sight.layout.lattices[tap].owned(own)
        if tap not in found:
            found[tap] = _room(feature, all_cells)
        if feature.device.type != "meta":
            cells.within(all_cells).crop(found[tap]).copy_(feature)
    return found


def _room(like: Feature, cells: Window) -> Feature:
    """A map of some cells, whose channels lie together where they do so in the features that it is for."""
    batch, channels = like.shape[:2]
    if like.stride(1) == 1:
        return spacious((batch, cells.height, cells.width, channels), like).permute(0, 3, 1, 2)
    return spacious((batch, channels, cells.height, cells.width), like)
