from __future__ import annotations

import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses.moment_matching import MeanStdLoss


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen))))


def feature(seed):
    return torch.rand(1, 4, 5, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_painting_itself_has_no_loss():
    painting = feature(0)
    term = MeanStdLoss("t", painting.mean((2, 3)), painting.std((2, 3), correction=0), 1.0)
    assert loss(term, painting).item() < 1e-25


def test_means_and_deviations_count_alike():
    seen = feature(0)
    mean, std = seen.mean((2, 3)), seen.std((2, 3), correction=0)
    torch.testing.assert_close(loss(MeanStdLoss("t", mean + 0.5, std, 2.0), seen), torch.tensor([2.0]).double())
    torch.testing.assert_close(loss(MeanStdLoss("t", mean, std + 0.5, 2.0), seen), torch.tensor([2.0]).double())


def test_dead_channels_have_a_finite_gradient():
    seen = torch.zeros(1, 4, 5, 6, requires_grad=True)
    term = MeanStdLoss("t", torch.ones(1, 4), torch.ones(1, 4), 1.0)
    loss(term, seen).sum().backward()
    assert torch.isfinite(seen.grad).all()
    assert (seen.grad < 0).all()


def test_deviations_may_count_less_or_not_at_all():
    seen = feature(0)
    mean, std = seen.mean((2, 3)), seen.std((2, 3), correction=0)
    torch.testing.assert_close(
        loss(MeanStdLoss("t", mean, std + 0.5, 2.0, std_weight=0.25), seen), torch.tensor([0.5]).double()
    )
    assert loss(MeanStdLoss("t", mean, std + 0.5, 2.0, std_weight=0.0), seen).item() < 1e-25
