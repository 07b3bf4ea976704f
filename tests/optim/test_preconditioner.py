"""A curvature for each octave of frequencies: what L-BFGS begins with."""

from __future__ import annotations

import pytest
import torch

from brushwork.optim import LBFGS, PixelParametrization, minimize
from brushwork.optim.curvature_pairs import CurvaturePair, CurvaturePairs
from brushwork.optim.preconditioner import PAIRS, OctavePreconditioner, _Grid
from brushwork.optim.reductions import WHOLE
from brushwork.types import LossValues

SIZES = [(16, 20), (9, 11), (1, 7)]


def drawn(seed, shape, dtype=torch.float64):
    return torch.randn(1, 3, *shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def bent(picture):
    """A quadratic's gradient, whose curvature falls with the frequency, as that of a blur does."""
    rows, columns = (torch.fft.fftfreq(picture.shape[-2]), torch.fft.rfftfreq(picture.shape[-1]))
    curvature = (0.01 + torch.hypot(rows[:, None], columns)).pow(-2).to(picture.dtype)
    return torch.fft.irfft2(torch.fft.rfft2(picture) * curvature, s=picture.shape[-2:])


def pairs(shape, count=4):
    moved = [drawn(seed, shape) for seed in range(count)]
    return [CurvaturePair.of(s, bent(s), WHOLE) for s in moved]


def applied(vector, known, octaves=None):
    result = vector.clone()
    (octaves or OctavePreconditioner()).apply(result, known)
    return result


@pytest.mark.parametrize("shape", SIZES)
def test_it_is_symmetric_and_positive(shape):
    known, one, other = pairs(shape), drawn(7, shape), drawn(8, shape)
    torch.testing.assert_close((one * applied(other, known)).sum(), (applied(one, known) * other).sum())
    assert (one * applied(one, known)).sum() > 0


@pytest.mark.parametrize("shape", SIZES)
def test_the_newest_pairs_curvature_is_met(shape):
    known = pairs(shape)
    newest = known[-1]
    assert (newest.y * applied(newest.y, known)).sum().item() == pytest.approx(newest.sy)


@pytest.mark.parametrize("shape", SIZES)
def test_energies_are_sums_over_octaves(shape):
    grid, vector = _Grid(shape, torch.device("cpu")), drawn(5, shape)
    seen = torch.fft.rfft2(vector, norm="ortho").abs().square().sum((0, 1)) * grid._twice
    expected = [seen[grid.octaves == octave].sum() for octave in range(grid._count)]
    torch.testing.assert_close(grid.energies(vector), torch.stack(expected))
    torch.testing.assert_close(grid.energies(vector).sum(), vector.square().sum())


def test_an_octave_is_scaled_by_how_far_it_moved():
    """The gradient's change along fine detail is small here: there the step is long."""
    known = pairs((64, 64))
    fine = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(32).expand(1, 3, 64, 64)
    broad = torch.linspace(0, 2 * torch.pi, 65, dtype=torch.float64)[:-1].cos().expand(1, 3, 64, 64)
    longer, shorter = (float(applied(one, known).norm() / one.norm()) for one in (fine, broad))
    expected = (float((bent(one) * one).sum() / one.square().sum()) for one in (broad, fine))
    ratio = next(expected) / next(expected)
    assert ratio / 4 < longer / shorter < 4 * ratio


def test_old_pairs_are_forgotten_and_new_ones_are_read_once(monkeypatch):
    shape = (8, 8)
    known, octaves, vector = pairs(shape, PAIRS + 3), OctavePreconditioner(), drawn(9, shape)
    applied(vector, known[:-1], octaves)
    looked = []
    plain = torch.fft.rfft2
    monkeypatch.setattr(torch.fft, "rfft2", lambda *given, **options: looked.append(1) or plain(*given, **options))
    found = applied(vector, known, octaves)
    assert len(looked) == 3 * (2 + 1)  # s and y of the new pair, and the vector, plane by plane
    torch.testing.assert_close(found, applied(vector, known[3:]))


@pytest.mark.parametrize("octaves", [OctavePreconditioner(), None])
def test_the_secant_equation_holds(octaves):
    kept = CurvaturePairs(5, 0.0, WHOLE, "full", octaves)
    for pair in pairs((9, 11)):
        kept.add(pair.s, pair.y)
    s, y = kept.export()[-1]
    torch.testing.assert_close(-kept.direction(y.clone()), s)


def evaluations(optimizer, limit=200):
    """How many a quadratic takes that bends otherwise in each octave."""
    goal = drawn(3, (32, 32), torch.float32)

    def evaluate(image):
        away = (image - goal).detach()
        gradient = bent(away)
        image.grad = gradient
        return LossValues(0.5 * (away * gradient).sum(), {})

    steps = minimize(PixelParametrization(), evaluate, optimizer, limit, init=torch.zeros(1, 3, 32, 32))
    losses = [float(step.losses.total) for step in steps]
    return next((count for count, loss in enumerate(losses) if loss < 1e-5 * losses[0]), limit)


@pytest.mark.slow
def test_what_bends_by_octaves_is_soon_at_its_end():
    plain, by_octaves = (evaluations(LBFGS(history=5, preconditioner=octaves)) for octaves in (False, True))
    assert by_octaves < 0.75 * plain < 150
