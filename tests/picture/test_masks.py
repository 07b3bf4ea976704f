from __future__ import annotations

import numpy as np
import PIL.Image
import pytest
import torch

from brushwork.errors import InputError
from brushwork.picture.masks import read_masks

SKY, SEA, SAND = (0, 0, 255), (255, 255, 255), (255, 51, 31)


@pytest.fixture
def save(tmp_path):
    def save(name, picture):
        path = tmp_path / name
        PIL.Image.fromarray(np.asarray(picture, dtype=np.uint8)).save(path)
        return path

    return save


def bands(*colors, height=10):
    return np.repeat(np.array(colors), height, axis=0)[:, None].repeat(30, axis=1)


def test_gray_masks_are_weights(save):
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None].repeat(8, axis=0)
    (pair,) = read_masks(save("one.png", ramp), save("other.png", 255 - ramp))
    torch.testing.assert_close(pair.photograph, torch.from_numpy(ramp / 255).float()[None])
    torch.testing.assert_close(pair.painting, 1 - pair.photograph)


def test_every_color_is_a_region_and_finds_its_own(save):
    one, other = bands(SKY, SEA, SAND), bands(SAND, SAND, SKY, SEA)
    pairs = read_masks(save("one.png", one), save("other.png", other))
    assert len(pairs) == 3
    for pair in pairs:
        color = one[pair.photograph[0].bool().numpy()]
        assert (color == other[pair.painting[0].bool().numpy()][0]).all()
    torch.testing.assert_close(sum(pair.photograph for pair in pairs), torch.ones(1, 30, 30))
    torch.testing.assert_close(sum(pair.painting for pair in pairs), torch.ones(1, 40, 30))


def test_compression_and_smooth_edges_make_no_regions(save, tmp_path):
    smooth = PIL.Image.fromarray(bands(SKY, SEA, SAND, height=200).astype(np.uint8)).resize((57, 571))
    smooth.save(tmp_path / "one.jpg", quality=85)
    pairs = read_masks(tmp_path / "one.jpg", save("other.png", bands(SKY, SEA, SAND)))
    assert len(pairs) == 3
    assert all(0.3 < float(pair.photograph.mean()) < 0.37 for pair in pairs)


def test_colors_need_a_partner(save):
    two, three = save("two.png", bands(SKY, SAND)), save("three.png", bands(SKY, SAND, SEA))
    with pytest.raises(InputError, match=r"the color #ffffff of three.png is nowhere in two.png"):
        read_masks(two, three)
    with pytest.raises(InputError, match=r"the color #ffffff of three.png is nowhere in two.png"):
        read_masks(three, two)


def test_masks_that_cannot_be_used_are_refused(save, tmp_path):
    black, white = save("black.png", np.zeros((8, 8))), save("white.png", np.full((8, 8), 255))
    with pytest.raises(InputError, match=r"the mask black.png is empty"):
        read_masks(white, black)
    colored = save("colored.png", bands(SKY, SAND))
    with pytest.raises(InputError, match=r"the mask white.png is gray and colored.png is colored"):
        read_masks(white, colored)
    with pytest.raises(InputError, match=r"the mask white.png is gray and colored.png is colored"):
        read_masks(colored, white)
    with pytest.raises(InputError, match=r"nowhere.png"):
        read_masks(white, tmp_path / "nowhere.png")
