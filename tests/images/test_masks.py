from __future__ import annotations

import numpy as np
import PIL.Image
import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.masks import read_mask, read_masks

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
    torch.testing.assert_close(pair.content, torch.from_numpy(ramp / 255).float()[None])
    torch.testing.assert_close(pair.style, 1 - pair.content)


def test_every_color_is_a_region_and_finds_its_own(save):
    one, other = bands(SKY, SEA, SAND), bands(SAND, SAND, SKY, SEA)
    pairs = read_masks(save("one.png", one), save("other.png", other))
    assert len(pairs) == 3
    for pair in pairs:
        color = one[pair.content[0].bool().numpy()]
        assert (color == other[pair.style[0].bool().numpy()][0]).all()
    torch.testing.assert_close(sum(pair.content for pair in pairs), torch.ones(1, 30, 30))
    torch.testing.assert_close(sum(pair.style for pair in pairs), torch.ones(1, 40, 30))


def test_compression_and_smooth_edges_make_no_regions(save, tmp_path):
    smooth = PIL.Image.fromarray(bands(SKY, SEA, SAND, height=200).astype(np.uint8)).resize((57, 571))
    smooth.save(tmp_path / "one.jpg", quality=85)
    pairs = read_masks(tmp_path / "one.jpg", save("other.png", bands(SKY, SEA, SAND)))
    assert len(pairs) == 3
    assert all(0.3 < float(pair.content.mean()) < 0.37 for pair in pairs)


def test_colors_need_a_partner(save):
    two, three = save("two.png", bands(SKY, SAND)), save("three.png", bands(SKY, SAND, SEA))
    with pytest.raises(InputError, match=r"the color #ffffff of three.png does not occur in two.png"):
        read_masks(two, three)
    with pytest.raises(InputError, match=r"the color #ffffff of three.png does not occur in two.png"):
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


def test_a_gray_mask_counts_only_where_it_is_opaque(save):
    clear = np.zeros((8, 30, 4))
    clear[:, :10] = 255, 255, 255, 255  # the region
    clear[:, 10:20] = 255, 255, 255, 51
    weights = read_mask(save("clear.png", clear))
    expected = torch.tensor([1.0, 0.2, 0.0]).repeat_interleave(10).expand(1, 8, 30)
    torch.testing.assert_close(weights, expected)


def test_a_hidden_color_is_no_region(save):
    one, other = bands(SKY, SEA, SAND), bands(SAND, SKY)
    alpha = np.full((30, 30, 1), 255)
    alpha[10:20] = 0  # all that is white is transparent
    pairs = read_masks(save("one.png", np.concatenate([one, alpha], axis=-1)), save("other.png", other))
    assert len(pairs) == 2
    covered = sum(pair.content for pair in pairs)
    torch.testing.assert_close(covered, torch.from_numpy(alpha[None, ..., 0] / 255).float())


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_mask_of_0_and_1_is_taken_as_black_and_white(tmp_path, kind):
    labels = np.zeros((8, 30), kind)
    labels[:, :10] = 1
    PIL.Image.fromarray(labels).save(tmp_path / "labels.png")
    assert torch.equal(read_mask(tmp_path / "labels.png"), torch.from_numpy(labels.astype(np.float32))[None])


@pytest.mark.parametrize(("kind", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_a_map_that_numbers_regions_is_refused(tmp_path, kind, white):
    PIL.Image.fromarray(np.arange(4, dtype=kind).repeat(8).reshape(4, 8)).save(tmp_path / "labels.png")
    with pytest.raises(InputError, match=rf"labels.png is nearly black \(no value above 3 of {white}\).*one mask per"):
        read_mask(tmp_path / "labels.png")


def test_black_or_transparent_masks_are_empty(save):
    for name, mask in (("black", np.zeros((8, 8))), ("clear", np.full((8, 8, 4), (255, 255, 255, 0)))):
        with pytest.raises(InputError, match=rf"the mask {name}.png is empty: paint what belongs"):
            read_mask(save(f"{name}.png", mask))
    faint = np.concatenate([bands(SKY, SAND), np.full((20, 30, 1), 100)], axis=-1)
    with pytest.raises(InputError, match=r"the mask faint\.png is empty"):
        read_masks(save("faint.png", faint), save("faint.png", faint))
