from __future__ import annotations

import pytest
import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses import (
    GuidedGramLoss,
    GuidedMeanStdLoss,
    guided_gram_target,
    guided_mean_std_target,
    normalize_guides,
    region_weights,
)
from brushwork.losses.moments import gram


def feature(seed, *size):
    return torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def halves(height, width):
    """Left and right."""
    masks = torch.zeros(2, height, width, dtype=torch.float64)
    masks[0, :, : width // 2], masks[1, :, width // 2 :] = 1, 1
    return masks


def gram_term(guides, painting, painted):
    return GuidedGramLoss("t", guides, guided_gram_target(painting, painted), 1.0, region_weights(guides, painted))


def spread_term(guides, painting, painted):
    return GuidedMeanStdLoss(
        "t", guides, *guided_mean_std_target(painting, painted), 1.0, region_weights(guides, painted)
    )


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen))))


def test_one_region_of_everything_is_the_plain_gram():
    own, everything = feature(0, 4, 6), torch.ones(1, 4, 6, dtype=torch.float64)
    torch.testing.assert_close(guided_gram_target(own, everything)[:, 0], gram(own) / 24)


@pytest.mark.parametrize("make", [gram_term, spread_term])
def test_a_region_does_not_see_the_other(make):
    guides, painting = normalize_guides(halves(4, 6)), feature(1, 5, 8)
    term = make(guides, painting, normalize_guides(halves(5, 8)))
    own = feature(0, 4, 6).requires_grad_()
    left = type(term)(**{**vars(term), "shares": torch.tensor([1.0, 0.0], dtype=torch.float64)})
    loss(left, own).sum().backward()
    assert own.grad[..., :3].all()
    assert not own.grad[..., 3:].any()


@pytest.mark.parametrize("make", [gram_term, spread_term])
def test_a_region_empty_on_one_side_is_skipped(make):
    painting, painted = feature(1, 5, 8), normalize_guides(halves(5, 8))
    empty = normalize_guides(torch.stack([halves(4, 6)[0], torch.zeros(4, 6)]))
    own = feature(0, 4, 6).requires_grad_()
    term = make(empty, painting, painted)
    assert term.shares.tolist() == [0.5, 0.0]
    found = loss(term, own)
    found.sum().backward()
    assert torch.isfinite(found).all() and torch.isfinite(own.grad).all()
    assert not own.grad[..., 3:].any()


def test_the_painting_under_its_own_guides_has_no_loss():
    painting, painted = feature(1, 5, 8), normalize_guides(halves(5, 8))
    assert loss(gram_term(painted, painting, painted), painting).item() < 1e-25
    assert loss(spread_term(painted, painting, painted), painting).item() < 1e-25


def test_dead_channels_have_a_finite_gradient():
    own, guides = torch.zeros(1, 4, 4, 6).requires_grad_(), halves(4, 6).float()
    loss(spread_term(guides, feature(1, 4, 6).float(), guides), own).sum().backward()
    assert torch.isfinite(own.grad).all()
