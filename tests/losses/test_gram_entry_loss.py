from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.gram_variants import GramEntryLoss


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen))))


def test_up_rewards_what_down_punishes():
    seen = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    up, down = (loss(GramEntryLoss("t", ((0, 2),), 1.0, direction), seen) for direction in ("up", "down"))
    assert (up < 0).all()
    torch.testing.assert_close(up, -down)


def test_only_the_named_channels_have_a_gradient():
    seen = torch.rand(1, 4, 3, 3).requires_grad_()
    loss(GramEntryLoss("t", ((1, 3),)), seen).sum().backward()
    assert seen.grad.flatten(2).any(2).tolist() == [[False, True, False, True]]


@pytest.mark.parametrize("entries", [(), ((0, -1),)])
def test_entries_are_pairs_of_channels(entries):
    with pytest.raises(InputError, match="pairs of channels"):
        GramEntryLoss("t", entries)


def test_a_channel_that_the_layer_does_not_have_is_named():
    with pytest.raises(InputError, match="conv has channels 0 to 2; given: 3"):
        loss(GramEntryLoss("conv", ((0, 3),)), torch.zeros(1, 3, 2, 2))
