from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.losses.patch_matching import PatchGrid
from brushwork.recipes.patch_discriminator import OnlineDiscriminator


def texture(seed, coarse, height=30, width=34):
    """Feature maps of smooth noise: the coarser, the smoother."""
    noise = torch.randn(1, 6, height // coarse + 2, width // coarse + 2, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(noise, (height, width), mode="bilinear")


@pytest.fixture
def discriminator():
    return OnlineDiscriminator([texture(1, 4), texture(2, 4)], PatchGrid(4, 2), rate=0.02, seed=5)


def test_the_discriminator_learns_what_is_no_painting(discriminator):
    strange, familiar = texture(3, 1), texture(4, 4)
    discriminator.update(strange)
    first = discriminator.generator_loss(strange)
    for _ in range(40):
        discriminator.update(strange)
    assert discriminator.generator_loss(strange) > first + 0.2
    assert discriminator.generator_loss(familiar) < discriminator.generator_loss(strange)


def test_its_doubt_leads_to_the_painting(discriminator):
    picture = texture(3, 1).requires_grad_()
    for _ in range(10):
        discriminator.update(picture)
    doubt = discriminator.generator_loss(picture)
    doubt.backward()
    moved = (picture - 0.5 * picture.grad / picture.grad.std()).detach()
    assert discriminator.generator_loss(moved) < doubt


def test_evaluating_again_after_a_resumption_is_the_same(discriminator):
    picture = texture(3, 1)
    for _ in range(3):
        discriminator.update(picture)
    doubts = [float(discriminator.generator_loss(picture))]
    kept = {name: value.clone() for name, value in discriminator.state().items()}
    for _ in range(3):
        discriminator.update(picture)
        doubts.append(float(discriminator.generator_loss(picture)))
    other = OnlineDiscriminator([texture(1, 4), texture(2, 4)], PatchGrid(4, 2), rate=0.02, seed=5)
    other.load(kept)
    for doubt in doubts:
        other.update(picture)
        assert float(other.generator_loss(picture)) == doubt


def test_what_it_kept_does_not_change_while_it_trains(discriminator):
    picture = texture(3, 1)
    discriminator.update(picture)
    state = discriminator.state()
    before = {name: value.clone() for name, value in state.items()}
    discriminator.update(picture)
    discriminator.update(picture)
    assert all(torch.equal(value, before[name]) for name, value in state.items())
    assert any(not torch.equal(value, before[name]) for name, value in discriminator.state().items())


def test_another_seed_is_another_discriminator():
    one, other = (OnlineDiscriminator([texture(1, 4)], PatchGrid(4, 2), rate=0.02, seed=seed) for seed in (0, 1))
    assert not torch.equal(
        one.state()["discriminator.weight.mix.weight"], other.state()["discriminator.weight.mix.weight"]
    )


def test_a_foreign_state_is_refused(discriminator):
    with pytest.raises(InputError, match=r"discriminator\.steps"):
        discriminator.load({})


def test_paintings_that_hold_no_patch_are_refused():
    with pytest.raises(InputError, match="too small for patches of 8"):
        OnlineDiscriminator([texture(1, 4, 9, 30)], PatchGrid(8, 4), rate=0.02, seed=0)


def test_it_learns_nothing_about_the_picture_itself(discriminator):
    picture = texture(3, 1).requires_grad_()
    discriminator.update(picture)
    assert picture.grad is None
