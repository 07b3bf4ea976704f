from __future__ import annotations

import torch

from brushwork.losses.distribution import HistogramLoss, histogram_target


def test_the_histogram_of_a_channel_is_its_values_in_order():
    assert histogram_target(torch.tensor([[[[3.0, 1.0], [2.0, 0.0]]]])).tolist() == [[[0.0, 1.0, 2.0, 3.0]]]


def test_channels_may_be_shuffled_each_for_itself():
    painting = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    shuffled = torch.cat([painting[:, :1].flip(3), painting[:, 1:2].flip(2), painting[:, 2:].mT], dim=1)
    assert HistogramLoss("t", histogram_target(painting), 1.0).score_whole(shuffled).item() == 0


def test_gradient_steps_reach_the_histogram():
    painting = torch.rand(1, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    own = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1)).requires_grad_()
    term = HistogramLoss("t", histogram_target(painting), 36 / 2)
    first = term.score_whole(own).item()
    for _ in range(3):
        (gradient,) = torch.autograd.grad(term.score_whole(own).sum(), own)
        own = (own - gradient).detach().requires_grad_()
    assert term.score_whole(own).item() < 0.05 * first


def test_some_cells_are_compared_as_if_there_were_no_others():
    target, seen = (torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(0)) for size in ((3, 5), (6, 8)))
    cells = torch.zeros(6, 8, dtype=torch.bool)
    cells[2:5, 1:7] = True
    found = HistogramLoss("t", histogram_target(target), 1.0, positions=cells).score_whole(seen)
    torch.testing.assert_close(
        found, HistogramLoss("t", histogram_target(target), 1.0).score_whole(seen[..., 2:5, 1:7])
    )
