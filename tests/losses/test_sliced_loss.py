from __future__ import annotations

import torch

from brushwork.losses.distribution import SlicedWassersteinLoss


def feature(seed, *size):
    return torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_where_things_are_does_not_matter():
    term, seen = SlicedWassersteinLoss("t", feature(0, 3, 5), 1.0), feature(1, 6, 8)
    shuffled = seen.flatten(2)[..., torch.randperm(48, generator=torch.Generator().manual_seed(1))].view_as(seen)
    torch.testing.assert_close(term.score_whole(seen), term.score_whole(shuffled))


def test_directions_stay_until_they_are_redrawn():
    term, seen = SlicedWassersteinLoss("t", feature(0, 3, 5), 1.0), feature(1, 6, 8)
    assert term.score_whole(seen).item() == term.score_whole(seen).item()
    assert term.resample(1).score_whole(seen).item() != term.score_whole(seen).item()
    assert term.resample(1).resample(0).score_whole(seen).item() == term.score_whole(seen).item()


def test_seeds_and_steps_next_to_each_other_draw_apart():
    drawn = [
        SlicedWassersteinLoss("t", feature(0, 3, 5), 1.0, seed=seed, step=step)._directions
        for seed in range(3)
        for step in range(3)
    ]
    assert all(not torch.equal(one, other) for i, one in enumerate(drawn) for other in drawn[:i])


def test_the_painting_itself_has_no_loss():
    painting = feature(0, 3, 5)
    assert SlicedWassersteinLoss("t", painting, 1.0).score_whole(painting).item() < 1e-25


def test_some_cells_are_compared_as_if_there_were_no_others():
    seen, cells = feature(1, 6, 8), torch.zeros(6, 8, dtype=torch.bool)
    cells[2:5, 1:7] = True
    found = SlicedWassersteinLoss("t", feature(0, 3, 5), 1.0, positions=cells).score_whole(seen)
    torch.testing.assert_close(
        found, SlicedWassersteinLoss("t", feature(0, 3, 5), 1.0).score_whole(seen[..., 2:5, 1:7])
    )
