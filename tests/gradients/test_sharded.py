from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from brushwork.distributed.halo_exchange import split_rows
from brushwork.encoders import Encoder
from brushwork.errors import NotAdditiveError
from brushwork.gradients import evaluate_whole
from brushwork.gradients.partial_sums import make_layout
from brushwork.gradients.sharded import evaluate_sharded, sum_sharded
from brushwork.gradients.tiled import sum_tiled
from brushwork.images.geometry import Size
from brushwork.losses import ContentLoss, GramLoss, MeanStdLoss, TotalVariationLoss
from brushwork.objective import Objective
from brushwork.types import Image, LossValues
from threaded_ranks import ThreadRank, run_on_ranks
from tiny_network import tiny_network
from tolerances import DOUBLE


def picture(size: Size, seed: int = 0) -> Image:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, *size, generator=generator, dtype=torch.float64)


def objective(encoder: Encoder, size: Size) -> Objective:
    """A term of every kind."""
    features = encoder(picture(size, 1), ("relu1_1", "relu3_1"))
    shallow, deep = features.values()
    columns = shallow.flatten(2)
    return (
        Objective.single("content", ContentLoss("relu3_1", deep, 0.01))
        + Objective.single("style", GramLoss("relu1_1", columns @ columns.mT / columns.shape[-1], 1e-4))
        + Objective.single("spread", MeanStdLoss("relu3_1", deep.mean((2, 3)), deep.std((2, 3)), 0.1))
        + Objective.single("tv_weight", TotalVariationLoss(1, 0.3, 0.7))
    )


def evaluated(evaluate, image: Image) -> tuple[LossValues, torch.Tensor]:
    leaf = image.detach().clone().requires_grad_()
    return evaluate(leaf), leaf.grad


@pytest.mark.slow
@settings(deadline=None, max_examples=8)
@given(
    height=st.integers(20, 60),
    width=st.integers(20, 40),
    ranks=st.integers(1, 5),
    side=st.sampled_from([40, 1000]),
    halo=st.sampled_from([0, 12]),
)
def test_bands_on_several_ranks_give_the_losses_and_the_gradient_of_the_whole(
    height: int, width: int, ranks: int, side: int, halo: int
) -> None:
    """Bands may be narrower than what their cells need, and ranks may be without rows."""
    encoder, size = tiny_network().double(), Size(height, width)
    image, losses = picture(size), objective(encoder, size)
    have = split_rows(height, ranks, make_layout(encoder, losses.additive, size).stride, halo)

    def one(group: ThreadRank) -> tuple[LossValues, torch.Tensor]:
        rows = have[group.rank]
        evaluate = evaluate_sharded(encoder, losses, side, size=size, have=have, group=group)
        evaluated(evaluate, image[..., rows.top : rows.bottom, :])
        return evaluated(evaluate, image[..., rows.top : rows.bottom, :])

    expected, gradient = evaluated(evaluate_whole(encoder, losses), image)
    found = run_on_ranks(ranks, one)
    for seen, _ in found:
        assert seen.total == found[0][0].total
        assert seen.terms == found[0][0].terms
        torch.testing.assert_close(dict(seen.terms), dict(expected.terms), rtol=DOUBLE, atol=0)
    torch.testing.assert_close(
        torch.cat([part for _, part in found], dim=2), gradient, rtol=0, atol=DOUBLE * float(gradient.abs().max())
    )


class MinLoss:
    """A loss that is not additive."""

    layer = "relu1_1"

    def score_whole(self, feature):
        return feature.flatten(1).amin(1)


def test_losses_that_are_no_sums_are_refused_by_name() -> None:
    encoder, size = tiny_network(), Size(32, 32)
    with pytest.raises(NotAdditiveError, match="darkest"):
        run_on_ranks(
            1,
            lambda group: evaluate_sharded(
                encoder,
                Objective.single("darkest", MinLoss()),
                99,
                size=size,
                have=split_rows(32, 1, 1, 0),
                group=group,
            ),
        )


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_sums_over_a_picture_that_all_have_are_dealt_out(ranks: int) -> None:
    encoder, size = tiny_network().double(), Size(40, 24)
    image, terms = picture(size), objective(encoder, size).additive
    expected = sum_tiled(encoder, terms, image, 999)
    found = run_on_ranks(ranks, lambda group: sum_sharded(encoder, terms, image, side=999, group=group))
    for one in found:
        torch.testing.assert_close(one, expected, rtol=DOUBLE, atol=DOUBLE)
