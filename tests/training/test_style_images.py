"""Parts of pictures, named as WIDTHxHEIGHT+LEFT+TOP."""

from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.training.tasks.style_images import crop_patch
from brushwork.training.tasks.texture_net_options import is_patch

PICTURE = torch.arange(3 * 5 * 8.0).view(1, 3, 5, 8)


def test_a_part() -> None:
    assert torch.equal(crop_patch(PICTURE, "3x2+4+1"), PICTURE[..., 1:3, 4:7])
    assert torch.equal(crop_patch(PICTURE, "8x5+0+0"), PICTURE)


def test_nothing_said_is_all_of_it() -> None:
    assert crop_patch(PICTURE, "") is PICTURE


@pytest.mark.parametrize("text", ["9x5+0+0", "8x6+0+0", "3x2+6+0", "3x2+0+4", "0x2+0+0"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="the image is 8×5"):
        crop_patch(PICTURE, text)


def test_how_it_is_written() -> None:
    assert is_patch("") and is_patch("3x2+4+1") and is_patch("3×2+4+1")
    assert not any(map(is_patch, ("3x2", "3x2+4", "-3x2+4+1", "3x2+4+1+0", "all")))
