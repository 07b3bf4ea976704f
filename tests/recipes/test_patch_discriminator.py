from __future__ import annotations

import pytest
import torch

from brushwork.losses.patch_matching import PatchGrid
from brushwork.recipes.adversarial_training import hinge_loss, initialize_weights
from brushwork.recipes.patch_discriminator import PatchDiscriminator, receptive_field, reflect_pad


def test_a_score_hangs_on_its_patch_and_the_cells_around_it():
    patches = PatchGrid(4, 3)
    discriminator = PatchDiscriminator(5, patches)
    feature = torch.randn(1, 5, 13, 16, requires_grad=True)
    discriminator.norm.eval()  # statistics would tie everything to everything
    discriminator.norm.track_running_stats = True
    discriminator.norm.running_mean, discriminator.norm.running_var = torch.zeros(5), torch.ones(5)
    scores = discriminator(feature)
    assert scores.shape == (1, 1, 3, 4)
    scores[0, 0, 1, 2].backward()
    rows, columns = feature.grad.abs().sum((0, 1)).nonzero().unbind(1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 8, 6, 11)
    assert receptive_field(patches) == 6


def test_the_layers_are_those_of_the_paper():
    shapes = {name: tuple(one.shape) for name, one in PatchDiscriminator(256, PatchGrid(8, 4)).named_parameters()}
    assert shapes == {
        "mix.weight": (256, 256, 3, 3),
        "norm.weight": (256,),
        "norm.bias": (256,),
        "score.weight": (1, 256, 8, 8),
    }


def test_hinge():
    scores = torch.tensor([-2.0, 0.0, 0.5, 3.0])
    assert hinge_loss(scores, real=True) == pytest.approx((3 + 1 + 0.5 + 0) / 4)
    assert hinge_loss(scores, real=False) == pytest.approx((0 + 1 + 1.5 + 4) / 4)


def test_fresh_weights_are_the_same_for_a_seed_and_leave_torchs_chance_alone():
    one, other = PatchDiscriminator(64, PatchGrid(8, 4)), PatchDiscriminator(64, PatchGrid(8, 4))
    before = torch.get_rng_state()
    initialize_weights(one, 3), initialize_weights(other, 3)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert one.mix.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert one.norm.weight.mean().item() == pytest.approx(1, abs=0.02)


def test_cells_at_the_border_lie_in_about_as_many_patches():
    patches = PatchGrid(4, 1)
    feature = torch.zeros(1, 2, 11, 13, requires_grad=True)
    surroundings = reflect_pad(feature, patches)
    surroundings.unfold(2, receptive_field(patches), 1).unfold(3, receptive_field(patches), 1).sum().backward()
    counts = feature.grad[0, 0]
    assert torch.equal(surroundings[..., 3:-3, 3:-3], feature)
    assert counts.min() >= (receptive_field(patches) - 2) ** 2 and counts.max() <= 2 * receptive_field(patches) ** 2
