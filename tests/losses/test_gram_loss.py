from __future__ import annotations

import pytest
import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses.gram import GramLoss
from brushwork.losses.moments import gram


def feature(seed, *size):
    return torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def term_of(painting, norm=1.0):
    return GramLoss("t", gram(painting) / painting[0, 0].numel(), norm)


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen))))


def test_where_things_are_does_not_matter():
    seen = feature(0, 6, 8)
    shuffled = seen.flatten(2)[..., torch.randperm(48, generator=torch.Generator().manual_seed(1))].view_as(seen)
    torch.testing.assert_close(loss(term_of(feature(2, 3, 5)), seen), loss(term_of(feature(2, 3, 5)), shuffled))


def test_the_painting_repeated_on_a_larger_picture_has_no_loss():
    painting = feature(0, 3, 4)
    assert loss(term_of(painting), painting.repeat(1, 1, 2, 5)).item() == pytest.approx(0, abs=1e-20)


def test_the_norm_multiplies():
    seen = feature(1, 4, 4)
    torch.testing.assert_close(
        loss(term_of(feature(0, 3, 4), 0.25), seen), 0.25 * loss(term_of(feature(0, 3, 4)), seen)
    )
