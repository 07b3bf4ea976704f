"""Drawing textures: in range, the same for a seed, and refused where they do not fit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from brushwork.errors import OutOfMemory
from brushwork.fast import pyramid_texture
from brushwork.fast.pyramid import Pyramid, PyramidNetwork
from brushwork.fast.pyramid_texture import draw, need
from brushwork.picture.window import Size

CPU = torch.device("cpu")


def network() -> PyramidNetwork:
    torch.manual_seed(0)
    found = PyramidNetwork(Pyramid(scales=3, width=4))
    nn.init.normal_(found.last.weight, std=200.0)
    return found


def test_a_texture_is_a_picture_and_the_same_for_its_seed() -> None:
    painter = network()
    texture = draw(painter, Size(20, 30), 3, CPU)
    assert texture.shape == (1, 3, 20, 30)
    assert (float(texture.min()), float(texture.max())) == (0, 1)
    assert torch.equal(texture, draw(painter, Size(20, 30), 3, CPU))
    assert not texture.requires_grad


def test_the_seam_is_no_edge() -> None:
    """Rows that meet at the border differ as little as rows that lie beside each other."""
    texture = draw(network(), Size(64, 64), 0, CPU)
    within = (texture[..., 1:, :] - texture[..., :-1, :]).abs().mean((0, 1, 3))
    seam = (texture[..., 0, :] - texture[..., -1, :]).abs().mean()
    assert seam <= within.max()


def test_memory_grows_with_the_picture() -> None:
    small, large = need(network(), Size(128, 128)), need(network(), Size(256, 512))
    assert large == pytest.approx(8 * small, rel=0.05)
    assert small > 128 * 128 * 4 * 12


def test_what_does_not_fit_is_refused_before_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyramid_texture, "available_memory", lambda _: 10**6)
    with pytest.raises(OutOfMemory, match="take a smaller size"):
        draw(network(), Size(512, 512), 0, CPU)
