from __future__ import annotations

import pytest
import torch

from brushwork.optim import curvature_pairs
from brushwork.optim.curvature_pairs import CurvaturePairs
from brushwork.optim.reductions import WHOLE
from tolerances import SINGLE

SHAPE = (1, 3, 9, 11)


def filled_pairs(storage="full", rounded=False, count=7):
    """Pairs of a quadratic, the last five of which are kept."""
    generator = torch.Generator().manual_seed(1)
    curvature = torch.logspace(0, 2, 297).view(SHAPE)
    kept = CurvaturePairs(5, 0.0, WHOLE, storage)
    for _ in range(count):
        s = torch.randn(SHAPE, generator=generator)
        y = s * curvature
        if rounded:
            s, y = s.bfloat16().float(), y.bfloat16().float()
        kept.add(s, y)
    return kept


GRADIENT = torch.randn(SHAPE, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("piece", [10, curvature_pairs.PIECE])
def test_half_precision_is_that_of_the_pairs_only(monkeypatch, piece):
    """Directions come out as those of pairs that were rounded beforehand and are kept in full."""
    monkeypatch.setattr(curvature_pairs, "PIECE", piece)
    half, full = (
        filled_pairs("bf16").direction(GRADIENT),
        filled_pairs(rounded=True).direction(GRADIENT),
    )
    torch.testing.assert_close(half, full, rtol=0, atol=SINGLE * float(full.abs().max()))
    assert not torch.equal(full, filled_pairs().direction(GRADIENT))


def test_on_disk_nothing_is_lost():
    assert torch.equal(filled_pairs("disk").direction(GRADIENT), filled_pairs().direction(GRADIENT))


def test_the_secant_equation_holds():
    """H·y = s for the newest pair: whatever else is remembered, and in half precision too."""
    for kept in (filled_pairs(), filled_pairs("bf16")):
        s, y = (vector.float() for vector in kept.export()[-1])
        torch.testing.assert_close(-kept.direction(y.clone()), s, rtol=0, atol=100 * SINGLE * float(s.abs().max()))


def test_adding_a_pair_consumes_its_tensors():
    direction, before, after = (torch.full(SHAPE, value) for value in (2.0, 1.0, 4.0))
    kept = CurvaturePairs(5, 0.0, WHOLE)
    kept.update(direction, 0.5, (before, after), moving_only=False)
    ((s, y),) = kept.export()
    assert torch.equal(s, torch.ones(SHAPE))
    assert torch.equal(y, torch.full(SHAPE, 3.0))
    assert torch.equal(after, torch.full(SHAPE, 4.0))  # the gradient of the next step
