from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel, load_model, save_model
from brushwork.feedforward.networks.configs import MGANConfig
from brushwork.feedforward.networks.mgan import LAYER
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.tiling.exact_norm import ExactNormPass
from brushwork.feedforward.tiling.frozen_norm import measure_statistics, stylize_tiled
from brushwork.feedforward.tiling.trace import trace_network
from brushwork.images.geometry import Size
from tolerances import PAINTED

SMALL = MGANConfig(width=16)


@pytest.fixture(scope="module")
def network():
    return build_network(SMALL).eval()


def test_the_decoder_of_the_paper():
    shapes = [
        tuple(one.weight.shape)
        for one in build_network(MGANConfig(upsampling="transposed")).decoder
        if hasattr(one, "kernel_size")
    ]
    assert shapes == [(512, 512, 3, 3), (512, 256, 4, 4), (256, 128, 4, 4), (128, 3, 4, 4)]


@pytest.mark.slow
@pytest.mark.parametrize("size", [(64, 80), (61, 75), (33, 40)])
def test_pictures_of_any_size(network, size):
    with torch.no_grad():
        painted = network(torch.rand(2, 3, *size))
    assert painted.shape == (2, 3, *size)
    assert painted.min() >= 0 and painted.max() <= 1


@pytest.mark.slow
def test_only_the_decoder_is_in_the_file(network, tmp_path):
    assert all(name.startswith("decoder.") for name in network.state_dict())
    image = torch.rand(1, 3, 48, 40)
    save_model(StyleModel("small", "mgan", SMALL, network), tmp_path / "p.safetensors", half=False)
    found = load_model(tmp_path / "p.safetensors")
    with torch.no_grad():
        assert torch.equal(found.network(image), network(image))


@pytest.mark.parametrize(
    ("width", "upsampling", "megabytes"),
    [(512, "transposed", 10.0), (256, "transposed", 3.7), (512, "nearest", 7.7), (256, "nearest", 3.1)],
)
def test_sizes_of_files(width, upsampling, megabytes):
    numbers = sum(
        one.numel() for one in build_network(MGANConfig(width=width, upsampling=upsampling)).state_dict().values()
    )
    assert 2 * numbers / 1e6 == pytest.approx(megabytes, abs=0.06)


def test_the_encoder_is_loaded_when_it_is_to_paint():
    network = build_network(SMALL)
    assert not network._encoder_ref
    network.eval()
    assert network._encoder_ref


def test_it_paints_what_the_network_sees(network):
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        seen = network.encoder(image, [LAYER])[LAYER]
        training = deepcopy(network).train()
        for module in training.decoder:
            module.eval()
        assert torch.equal(training(image), network.decode(seen))


@pytest.mark.slow
def test_what_lies_beyond_the_border_spoils_less_of_what_it_paints():
    """Beside more of the same, a border is painted nearly as at the border; zeros beyond it would show."""
    network = build_network(replace(SMALL, upsampling="transposed")).eval()
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)).repeat(1, 1, 8, 8)
    with torch.no_grad():
        amid = network(image.repeat(1, 1, 1, 2))[..., :64]
        mirrored, bare = network(image), network.decode(network.encode(image))
    spoiled = [(one - amid)[..., 16:48, 56:].abs().mean() for one in (mirrored, bare)]
    assert spoiled[0] < 0.5 * spoiled[1]


def test_textures_of_brown_noise(network):
    with torch.no_grad():
        one, again, other = (
            network(None, Size(40, 56), 1),
            network(None, Size(40, 56), 1),
            network(None, Size(40, 56), 2),
        )
    assert one.shape == (1, 3, 40, 56)
    assert torch.equal(one, again) and not torch.equal(one, other)
    with pytest.raises(InputError, match="nor the size of a texture"):
        network()


@pytest.mark.slow
@pytest.mark.parametrize("upsampling", ["transposed", "nearest"])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_every_kind_is_trained(upsampling, norm):
    network = build_network(MGANConfig(width=16, upsampling=upsampling, norm=norm)).train()
    network(torch.rand(2, 3, 32, 32)).square().mean().backward()
    assert all(one.grad is not None for one in network.parameters())
    assert all(not one.requires_grad for one in network.encoder.parameters())


@pytest.mark.parametrize(
    "wrong", [{"width": 4}, {"width": 30}, {"norm": "layer"}, {"upsampling": "bilinear"}, {"network": "vgg11"}]
)
def test_settings_that_are_none(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is"):
        MGANConfig(**wrong)


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_in_strips_it_paints_the_same(norm):
    network = build_network(MGANConfig(width=8, norm=norm)).eval()
    image = torch.rand(1, 3, 176, 40, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        *_, strips = ExactNormPass(
            trace_network(network, image), image, 88 * 40, lambda shape, like: like.new_empty(*shape)
        ).compute()
        assert (strips - network(image)).abs().max() < PAINTED


@pytest.mark.slow
def test_with_running_means_it_paints_tiles_one_by_one(network):
    image = torch.rand(1, 3, 176, 40, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        *_, tiles = stylize_tiled(trace_network(network, image), image, measure_statistics(network, image), 128)
        assert (tiles - network(image)).abs().max() < PAINTED
