from __future__ import annotations

import pytest
import torch

from brushwork.gradients.tile_layout import TileLayout
from brushwork.gradients.tiled import encode_region
from brushwork.images.geometry import Size, Window
from tiny_network import tiny_network
from tolerances import DOUBLE, require_close

LAYERS = ("relu1_1", "relu3_1")


@pytest.mark.parametrize("own", [Window(0, 0, 45, 38, Size(45, 38)), Window(16, 0, 20, 38, Size(45, 38))])
@pytest.mark.parametrize("side", [24, 100])
def test_features_of_a_part_are_those_of_the_whole(own: Window, side: int) -> None:
    encoder = tiny_network().double()
    picture = torch.rand(1, 3, *own.full_size, dtype=torch.float64)
    layout = TileLayout.of(encoder, dict.fromkeys(LAYERS, 0), own.full_size)
    found = encode_region(encoder, layout.receptive_window(own).crop(picture), LAYERS, own, side)
    for layer, feature in encoder(picture, LAYERS).items():
        expected = layout.grids[layer].owned_positions(own).crop(feature)
        require_close(found[layer], expected, DOUBLE)
