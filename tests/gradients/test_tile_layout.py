from __future__ import annotations

import torch

from brushwork.encoders.encoder import PIXELS, Encoder
from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.encoders.stages import EncoderStage
from brushwork.encoders.vgg import make_vgg
from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Size, Window
from tiny_network import tiny_network

LAYOUT = TileLayout.of(make_vgg(16, make_caffe_preprocess()), {PIXELS: 1, "relu1_1": 0, "relu4_2": 0}, Size(1000, 603))


def test_halos_are_those_of_the_deepest_layer():
    assert (LAYOUT.stride, LAYOUT.halo) == (8, 40)
    assert TileLayout.of(tiny_network(), {PIXELS: 1}, Size(9, 9)).halo == 1


def test_terms_that_need_neighbors_need_more():
    assert (
        TileLayout.of(tiny_network(), {"relu3_1": 3}, Size(90, 90)).halo
        - TileLayout.of(tiny_network(), {"relu3_1": 0}, Size(90, 90)).halo
        == 3 * 4
    )


def test_what_a_part_needs_ends_at_the_border():
    outer = LAYOUT.receptive_window(Window(400, 0, 80, 603, LAYOUT.image))
    assert (outer.top, outer.bottom, outer.left, outer.right) == (360, 520, 0, 603)


def test_tiles_are_as_large_as_they_may_be_with_their_halo():
    tiles = LAYOUT.tiles(320)
    outers = [LAYOUT.receptive_window(tile) for tile in tiles]
    assert max(max(outer.height, outer.width) for outer in outers) <= 320
    assert len(tiles) == 4 * 3
    heights = {outer.height for outer in outers}
    assert max(heights) - min(heights) <= 2 * LAYOUT.stride


def test_a_picture_that_fits_is_one_tile():
    assert LAYOUT.tiles(1000) == [Window.whole(LAYOUT.image)]


def test_on_meta_the_largest_tile_is_enough():
    tiles = LAYOUT.tiles(200)
    assert LAYOUT.representative_tiles(tiles, torch.device("cpu")) == tiles
    (largest,) = LAYOUT.representative_tiles(tiles, torch.device("meta"))
    assert LAYOUT.receptive_window(largest).size.area == max(LAYOUT.receptive_window(tile).size.area for tile in tiles)
    assert LAYOUT.representative_tiles([], torch.device("meta")) == []


def test_pixels_that_no_cell_depends_on_are_present_too():
    wide = EncoderStage("wide", torch.nn.Conv2d(3, 1, 2, stride=4), kernel=2, stride=4)
    whole = Window.whole(Size(9, 13))
    assert (
        TileLayout.of(Encoder("wide", [wide], make_caffe_preprocess()), {"wide": 0}, whole.full_size).receptive_window(
            whole
        )
        == whole
    )
