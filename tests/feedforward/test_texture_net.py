"""The multi-scale generator: the published counts, borders that meet, and noise that depends on the seed alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from brushwork.errors import InputError
from brushwork.feedforward.networks.configs import STYLIZING, TextureNetConfig
from brushwork.feedforward.networks.texture_net import TextureNetwork
from brushwork.images.geometry import Size
from tolerances import PAINTED

SMALL = TextureNetConfig(scales=3, width=4)


def network(settings: TextureNetConfig = SMALL) -> TextureNetwork:
    torch.manual_seed(0)
    found = TextureNetwork(settings)
    nn.init.normal_(found.last.weight, std=20.0)  # as if it were trained: fresh ones draw gray
    return found


@pytest.mark.parametrize(
    ("settings", "convolutions", "norms"),
    [
        (TextureNetConfig(norm="batch"), 115_347, 116_915 - 115_347),
        (replace(STYLIZING, norm="batch"), 67_675, 68_507 - 67_675),
        (TextureNetConfig(norm="instance"), 115_347, 116_915 - 115_347),
        (STYLIZING, 67_675, 68_507 - 67_675),
    ],
)
def test_parameters_are_as_many_as_in_the_published_models(
    settings: TextureNetConfig, convolutions: int, norms: int
) -> None:
    counts = {True: 0, False: 0}
    for module in TextureNetwork(settings).modules():
        counts[isinstance(module, nn.Conv2d)] += sum(one.numel() for one in module.parameters(recurse=False))
    assert counts == {True: convolutions, False: norms}


def test_published_files_have_8_channels_where_coarse_branches_are_normalized() -> None:
    own = sum(2 * joint.coarse.weight.numel() for joint in TextureNetwork(TextureNetConfig()).joints)
    published = 2 * 8 * 5
    assert 116_915 - own + published == 116_755


def test_all_that_it_knows_are_parameters() -> None:
    for norm in ("batch", "instance"):
        settings = replace(SMALL, norm=norm)
        assert set(TextureNetwork(settings).state_dict()) == {name for name, _ in network(settings).named_parameters()}


def rolled(noise: list[Tensor], cells: tuple[int, int]) -> list[Tensor]:
    """The noise moved around by so many cells of the coarsest one."""
    return [level.roll((cells[0] << scale, cells[1] << scale), dims=(2, 3)) for scale, level in enumerate(noise)]


def test_opposite_borders_meet() -> None:
    """What comes of noise that is moved around is the picture moved around: the seam is a place as any other."""
    generator = network()
    noise = generator.sample_noise(Size(24, 32), 1, torch.Generator().manual_seed(1))
    with torch.no_grad():
        still, moved = generator.generate(noise), generator.generate(rolled(noise, (2, 5)))
    torch.testing.assert_close(moved, still.roll((8, 20), dims=(2, 3)), rtol=0, atol=PAINTED)
    assert still.std() > 0.02


def test_one_picture_comes_out_the_same_by_either_norm() -> None:
    by_batch, by_instance = network(replace(SMALL, norm="batch")), network()
    by_batch.load_state_dict(by_instance.state_dict())
    for training in (True, False):
        pictures = [one.train(training)(size=Size(32, 48), seed=3) for one in (by_batch, by_instance)]
        torch.testing.assert_close(*pictures, rtol=0, atol=PAINTED)


def test_pictures_of_a_batch_do_not_touch_each_other_with_instance_norm() -> None:
    generator = network()
    both = generator.sample_noise(Size(16, 16), 2, torch.Generator().manual_seed(1))
    with torch.no_grad():
        first, alone = generator.generate(both)[1:], generator.generate([level[1:] for level in both])
    torch.testing.assert_close(first, alone, rtol=0, atol=PAINTED)


def test_noise_is_uniform_and_fresh_at_every_scale() -> None:
    levels = network().sample_noise(Size(64, 64), 2, torch.Generator().manual_seed(0))
    assert [level.shape for level in levels] == [(2, 3, 16, 16), (2, 3, 32, 32), (2, 3, 64, 64)]
    drawn = torch.cat([level.flatten() for level in levels])
    assert drawn.unique().numel() > 0.99 * drawn.numel()
    assert 0 <= drawn.min() < 0.001 and 0.999 < drawn.max() < 1
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)


def test_photographs_enter_averaged_before_the_noise() -> None:
    photograph = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    generator = network(replace(STYLIZING, scales=3, width=4))
    entered: list[Tensor] = []
    for entry in generator.entries:
        entry.register_forward_pre_hook(lambda _, given: entered.append(given[0]))
    noise = generator.sample_noise(Size(8, 8), 1, torch.Generator().manual_seed(1))
    generator.generate(noise, photograph)
    torch.testing.assert_close(entered[2], torch.cat([photograph, noise[2]], dim=1))
    torch.testing.assert_close(entered[0][:, :3, 0, 0], photograph[:, :, :4, :4].mean((2, 3)))
    assert torch.equal(entered[0][:, 3:], noise[0])


def test_the_seed_alone_decides() -> None:
    generator = network()
    one, same, other = (generator(size=Size(32, 32), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert (one - other).abs().mean() > 0.01


@pytest.mark.parametrize("size", [Size(37, 50), Size(3, 5), Size(64, 33)])
def test_any_size(size: Size) -> None:
    assert network()(size=size).shape == (1, 3, *size)
    photograph = torch.rand(2, 3, *size)
    assert network(STYLIZING)(photograph).shape == photograph.shape


def test_other_sizes_are_cut_out_of_larger_ones() -> None:
    generator = network()
    assert torch.equal(generator(size=Size(30, 41)), generator(size=Size(32, 44))[..., :30, :41])


def test_what_cannot_be_painted_is_refused() -> None:
    with pytest.raises(InputError, match="generates textures from noise"):
        network()(torch.rand(1, 3, 32, 32))
    with pytest.raises(InputError, match="a size instead of a photograph"):
        network()()
    with pytest.raises(InputError, match="stylizes photographs, and none was given"):
        network(STYLIZING)(size=Size(32, 32))


@pytest.mark.parametrize("wrong", [{"scales": 0}, {"scales": 40}, {"width": 0}, {"noise": 0}, {"norm": "layer"}])
def test_settings_check_themselves(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        TextureNetConfig(**wrong)  # type: ignore[arg-type]
