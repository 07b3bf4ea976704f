from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch

from brushwork.optim import LBFGS, DivergenceGuard, PixelParametrization, minimize, reductions
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import LossValues
from tolerances import DOUBLE, SINGLE


@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (1e20, 1e20), (1e-25, 1e-25), (1e30, 1e-30), (3e38, 3e38)])
def test_a_dot_product_neither_overflows_nor_underflows(left, right):
    a = torch.linspace(-1, 1, 999).view(3, 333) * left
    b = torch.linspace(-1, 1, 999).view(3, 333) * right
    exact = float((a.double() * b.double()).sum())
    assert WHOLE.dot(a, b) == pytest.approx(exact, rel=SINGLE)


def test_the_parts_of_a_long_vector_add_up(monkeypatch):
    a, b = torch.randn(7, 11).double(), torch.randn(7, 11).double()
    monkeypatch.setattr(reductions, "BLOCK", 10)
    assert WHOLE.dot(a, b) == pytest.approx(float((a * b).sum()), rel=DOUBLE)
    assert WHOLE.absolute_sum(a) == pytest.approx(float(a.abs().sum()), rel=DOUBLE)


def test_long_sums_of_small_numbers_do_not_stall():
    ones = torch.ones(1 << 25)  # a single running float32 sum stops at 2²⁴
    assert WHOLE.dot(ones, ones) == WHOLE.absolute_sum(ones) == 1 << 25


def test_zero_and_what_is_not_a_number():
    zero, one = torch.zeros(5), torch.ones(5)
    assert WHOLE.dot(zero, one) == 0
    assert math.isnan(WHOLE.dot(torch.full((5,), torch.nan), one))
    assert not math.isfinite(WHOLE.dot(torch.full((5,), torch.inf), one))
    assert not math.isfinite(WHOLE.dot(torch.full((5,), torch.inf), zero))
    assert WHOLE.absolute_sum(torch.full((5,), 1e37)) == pytest.approx(5e37)
    assert WHOLE.is_finite(one)
    assert not WHOLE.is_finite(torch.tensor([1.0, torch.nan]))
    assert not WHOLE.is_finite(torch.tensor([1.0, -torch.inf]))


class ThreadedRanks:
    """Threads that stand for machines: each has a piece of every vector."""

    def __init__(self, count):
        self.barrier, self.values = Barrier(count), [None] * count

    def products(self, rank):
        def reduce(together):
            def everywhere(value):
                self.values[rank] = value
                self.barrier.wait(timeout=300)
                result = together(torch.stack(self.values), 0)
                self.barrier.wait(timeout=300)
                return result

            return everywhere

        return Reductions(reduce(torch.sum), reduce(torch.amax))

    def __call__(self, work):
        with ThreadPoolExecutor(len(self.values)) as pool:
            return list(pool.map(lambda rank: work(rank, self.products(rank)), range(len(self.values))))


@pytest.mark.parametrize("scale", [1.0, 1e30])
def test_pieces_on_several_machines_give_the_numbers_of_the_whole(scale):
    a = torch.randn(40, generator=torch.Generator().manual_seed(1), dtype=torch.float32) * scale
    b = a.sign() * torch.rand(40, generator=torch.Generator().manual_seed(2), dtype=torch.float32)
    parts = [slice(0, 7), slice(7, 40), slice(40, 40)]

    def numbers(there, x, y):
        return there.dot(x, y), there.absolute_sum(x), there.max(x), there.numel(x), there.is_finite(x)

    one, other, idle = ThreadedRanks(3)(lambda rank, there: numbers(there, a[parts[rank]], b[parts[rank]]))
    assert one == other == idle == pytest.approx(numbers(WHOLE, a, b), rel=SINGLE)
    a[3] = torch.nan
    assert ThreadedRanks(3)(lambda rank, there: there.is_finite(a[parts[rank]])) == [False, False, False]


SCALE_FREE = {"initial_step": 0.01, "min_curvature": 0.0}


@pytest.mark.slow
@pytest.mark.parametrize("box", [None, (0.2, 0.8)])
@pytest.mark.parametrize("options", [{}, {"line_search": True}, SCALE_FREE])
def test_a_picture_in_pieces_is_painted_as_the_whole(options, box):
    """Every machine's pixels in a problem that couples them all through one sum, which the evaluation adds up."""
    generator = torch.Generator().manual_seed(3)
    start, aim = (torch.rand(1, 3, 6, 8, generator=generator, dtype=torch.float64) for _ in range(2))
    curvature = torch.logspace(0, 2, start.numel(), dtype=torch.float64).view_as(start)
    canvas = PixelParametrization(limits=box)

    def run_steps(rows, there):
        def evaluate(image):
            away = image - aim[:, :, rows]
            parts = torch.stack([(curvature[:, :, rows] * away**2).sum(), image.sum()])
            whole = there.sum_over_ranks(parts.detach()) + parts - parts.detach()
            total = whole[0] + whole[1] ** 2
            total.backward()
            return LossValues(total.detach(), {})

        optimizer = DivergenceGuard(LBFGS(history=5, reductions=there, **options))
        steps = minimize(canvas, evaluate, optimizer, 16, init=start[:, :, rows], reductions=there)
        return [(step.index, step.point, step.note) for step in steps]

    whole = run_steps(slice(None), WHOLE)
    halves = ThreadedRanks(3)(lambda rank, there: run_steps([slice(0, 2), slice(2, 6), slice(6, 6)][rank], there))
    assert len(whole) > 10
    for one, upper, lower, nothing in zip(whole, *halves, strict=True):
        assert one[0] == upper[0] == lower[0] == nothing[0]
        torch.testing.assert_close(torch.cat([upper[1], lower[1]], dim=2), one[1], rtol=0, atol=DOUBLE)
