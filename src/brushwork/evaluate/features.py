"""Features of a part of a picture, looked at part by part."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.evaluate.mapped import empty_or_mapped
from brushwork.evaluate.sight import TileView
from brushwork.evaluate.tiled import view_parts
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Window
from brushwork.types import Feature, Features, Image


@torch.no_grad()
def encode_region(encoder: Encoder, present: Image, layers: Sequence[str], window: Window, side: int) -> Features:
    """The cells that belong to the pixels `window`, at some taps; looked at row after row or in tiles, as in `tiled`.

    `present` is `layout.outer(window)`: those pixels, and the ones that their cells look at.
    """
    sight, found = TileView.create(encoder, present, window, {}, layers), dict[str, Feature]()
    for layer, positions, feature in view_parts(sight, side).compute_features():
        all_cells = sight.layout.grids[layer].owned_positions(window)
        if layer not in found:
            found[layer] = _room(feature, all_cells)
        if feature.device.type != "meta":
            positions.relative_to(all_cells).crop(found[layer]).copy_(feature)
    return found


def _room(like: Feature, positions: Window) -> Feature:
    """A map of some cells, whose channels lie together where they do so in the features that it is for."""
    batch, channels = like.shape[:2]
    if like.stride(1) == 1:
        return empty_or_mapped((batch, positions.height, positions.width, channels), like).permute(0, 3, 1, 2)
    return empty_or_mapped((batch, channels, positions.height, positions.width), like)
