"""Drawing textures: in range, the same for a seed, and in strips where they do not fit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from brushwork.choices import NormName
from brushwork.devices.meter import MemoryMeter, to_meta
from brushwork.feedforward import texture as pyramid_texture
from brushwork.feedforward.networks.texture_net import TextureNetConfig, TextureNetwork
from brushwork.feedforward.texture import generate_in_strips, generate_texture, texture_memory
from brushwork.images.geometry import Size
from tolerances import PAINTED

CPU = torch.device("cpu")


def network(norm: NormName = "instance") -> TextureNetwork:
    torch.manual_seed(0)
    found = TextureNetwork(TextureNetConfig(scales=3, width=4, norm=norm))
    nn.init.normal_(found.last.weight, std=200.0)
    return found


def test_a_texture_is_a_picture_and_the_same_for_its_seed() -> None:
    painter = network()
    texture = generate_texture(painter, Size(20, 30), 3, CPU)
    assert texture.shape == (1, 3, 20, 30)
    assert (float(texture.min()), float(texture.max())) == (0, 1)
    assert torch.equal(texture, generate_texture(painter, Size(20, 30), 3, CPU))
    assert not texture.requires_grad


def test_the_seam_is_no_edge() -> None:
    """Rows that meet at the border differ as little as rows that lie beside each other."""
    texture = generate_texture(network(), Size(64, 64), 0, CPU)
    within = (texture[..., 1:, :] - texture[..., :-1, :]).abs().mean((0, 1, 3))
    seam = (texture[..., 0, :] - texture[..., -1, :]).abs().mean()
    assert seam <= within.max()


@pytest.mark.parametrize("settings", [TextureNetConfig(scales=3), TextureNetConfig(norm="batch", pointwise=False)])
def test_memory_is_as_measured(settings: TextureNetConfig) -> None:
    painter, size = TextureNetwork(settings), Size(256, 128)
    bare = to_meta(painter)
    with MemoryMeter() as meter, torch.no_grad():
        bare.generate([torch.empty(shape, device="meta") for shape in painter.noise_shapes(size, 1)])
    assert meter.peak <= texture_memory(painter, size) <= 1.3 * meter.peak


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_strips_are_the_whole(norm: NormName) -> None:
    painter = network(norm)
    noise = painter.sample_noise(Size(96, 64), 1, torch.Generator().manual_seed(5))
    with torch.no_grad():
        whole = painter.generate(noise)
    torch.testing.assert_close(generate_in_strips(painter, noise, 64 * 16), whole, rtol=0, atol=PAINTED)


def test_what_does_not_fit_is_drawn_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    painter = network()
    whole = generate_texture(painter, Size(90, 60), 3, CPU)
    asked: list[int] = []
    monkeypatch.setattr(pyramid_texture, "available_memory", lambda _: 10**6)
    monkeypatch.setattr(
        pyramid_texture, "generate_in_strips", lambda *given: asked.append(given[2]) or generate_in_strips(*given)
    )
    torch.testing.assert_close(generate_texture(painter, Size(90, 60), 3, CPU), whole, rtol=0, atol=PAINTED)
    assert asked
