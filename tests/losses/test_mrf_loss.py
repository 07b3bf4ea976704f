from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.mrf import MRFLoss
from tolerances import DOUBLE


def feature(seed, *size):
    return torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen)))).item()


def test_a_cut_of_the_painting_has_no_loss():
    painting = feature(0, 9, 11)
    cut = painting[..., 2:7, 3:9].contiguous()
    assert loss(MRFLoss("t", (painting,), 1.0), cut) == pytest.approx(0, abs=DOUBLE)
    assert loss(MRFLoss("t", (feature(1, 6, 5), painting), 1.0), cut) == pytest.approx(0, abs=DOUBLE)


def test_more_targets_match_at_least_as_well():
    own, painting = feature(0, 8, 8), feature(1, 8, 8)
    turned = painting.rot90(1, (2, 3)).contiguous()
    normalized = [loss(MRFLoss("t", targets, 1.0), own) for targets in ((painting,), (painting, turned))]
    assert normalized[1] < normalized[0]


def test_brightness_does_not_choose_the_neighbor():
    """Normalized cross-correlation: a patch twice as bright is as near."""
    painting = feature(0, 7, 7)
    term = MRFLoss("t", (painting,), 1.0)
    own = 2 * painting
    assert loss(term, own) == pytest.approx(
        sum((painting[0, :, y : y + 3, x : x + 3] ** 2).sum().item() for y in range(5) for x in range(5)), rel=DOUBLE
    )


def test_a_window_without_patches_adds_nothing():
    term = MRFLoss("t", (feature(0, 6, 6),), 1.0, stride=4)
    seen = feature(1, 9, 9).requires_grad_()
    corner = Window(2, 2, 1, 1, Size(9, 9))
    summary = term.summarize(corner.expand(1).crop(seen), corner)
    summary["square"].sum().backward()
    assert summary["square"].item() == 0
    assert not seen.grad.any()


def test_black_features_can_be_matched():
    assert loss(MRFLoss("t", (torch.zeros(1, 4, 5, 5),), 1.0), torch.zeros(1, 4, 6, 6)) == 0


def test_what_has_no_patches_is_refused():
    with pytest.raises(InputError, match="3×3 positions do not fit into the style image's map of 5×2"):
        MRFLoss("t", (feature(0, 2, 5),), 1.0)
    with pytest.raises(InputError, match="the optimized image's map of 2×5"):
        loss(MRFLoss("t", (feature(0, 5, 5),), 1.0), feature(0, 5, 2))
    with pytest.raises(InputError, match="a stride of 1 or more"):
        MRFLoss("t", (feature(0, 5, 5),), 1.0, stride=0)
    with pytest.raises(InputError, match="at least one target"):
        MRFLoss("t", (), 1.0)
