from __future__ import annotations

from functools import partial

import pytest
import torch

from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.optim import LBFGS, Adam, DivergenceGuard, PixelParametrization, minimize, move_to_next_level


def smooth_target(problems, size):
    """How far a picture, lit through a blur, is from a smooth one; a mean over its pixels."""
    rows, columns = (torch.linspace(0, 3, side).sin() for side in size)
    target = (rows[:, None] * columns * 0.4 + 0.5).expand(1, 3, *size)

    def function(image):
        blurred = torch.nn.functional.avg_pool2d(image, 3, stride=1, padding=1, count_include_pad=False)
        return 1000 * ((blurred - target) ** 2).mean() + 10 * ((image - 0.5) ** 4).mean()

    return problems.make_evaluate(function)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [lambda: LBFGS(), lambda: DivergenceGuard(LBFGS(line_search=True)), lambda: Adam(2.0, ema_decay=0.5)]
)
def test_a_climb_goes_on_where_the_coarse_level_ended(problems, make):
    canvas, optimizer = PixelParametrization(255.0, (0.0, 1.0)), make()
    coarse, fine = Size(12, 16), Size(24, 32)
    start = torch.rand(1, 3, *coarse, generator=torch.Generator().manual_seed(0))
    first, *_, last = minimize(canvas, smooth_target(problems, coarse), optimizer, 30, init=start)
    point = move_to_next_level(
        canvas, optimizer, last.image, resize=partial(resize, size=fine), gradient=coarse.area / fine.area
    )
    assert point.shape == (1, 3, *fine)
    torch.testing.assert_close(canvas.to_image(point), resize(last.image, fine).clamp(0, 1))
    state = {name: value for name, value in optimizer.state().items() if value.dim() == 4}
    assert len(state) >= 2
    assert all(value.shape == point.shape for value in state.values())
    above, *_, end = minimize(canvas, smooth_target(problems, fine), optimizer, 30, point=point)
    assert above.losses.total < first.losses.total
    assert end.losses.total < above.losses.total


def test_a_carried_memory_saves_evaluations(problems):
    """Where the loss sees the same at both sizes, here 6×8 cells with weights from 1 to 1000."""
    weights = torch.logspace(0, 3, 48).view(6, 8)[:, torch.randperm(8, generator=torch.Generator().manual_seed(1))]

    def cells(image):
        seen = torch.nn.functional.adaptive_avg_pool2d(image, (6, 8))
        return (weights * (seen - 0.5) ** 2).mean() + 0.01 * ((image - 0.5) ** 2).mean()

    coarse, fine = Size(12, 16), Size(24, 32)
    start = torch.rand(1, 3, *coarse, generator=torch.Generator().manual_seed(0))
    reached = {}
    for carried in (True, False):
        optimizer = LBFGS(initial_step=0.01, min_curvature=0.0)
        *_, last = minimize(PixelParametrization(), problems.make_evaluate(cells), optimizer, 12, init=start)
        point = move_to_next_level(
            PixelParametrization(),
            optimizer,
            last.image,
            resize=partial(resize, size=fine),
            gradient=coarse.area / fine.area,
        )
        if not carried:
            optimizer.reset()
        *_, end = minimize(PixelParametrization(), problems.make_evaluate(cells), optimizer, 8, point=point)
        reached[carried] = float(end.losses.total)
    assert reached[True] < 0.9 * reached[False]


def test_sums_over_pixels_keep_their_gradients():
    optimizer = Adam(0.1)
    optimizer.load(
        {name: torch.tensor(2.0) for name in ("adam.count", "adam.lr")}
        | dict.fromkeys(("adam.mean", "adam.square"), torch.ones(1, 3, 4, 4))
    )
    move_to_next_level(
        PixelParametrization(), optimizer, torch.ones(1, 3, 4, 4), resize=partial(resize, size=Size(8, 8)), gradient=1.0
    )
    torch.testing.assert_close(optimizer.state()["adam.mean"], torch.ones(1, 3, 8, 8))
    move_to_next_level(
        PixelParametrization(),
        optimizer,
        torch.ones(1, 3, 8, 8),
        resize=partial(resize, size=Size(16, 16)),
        gradient=0.25,
    )
    torch.testing.assert_close(optimizer.state()["adam.mean"], torch.full((1, 3, 16, 16), 0.25))
    torch.testing.assert_close(optimizer.state()["adam.square"], torch.full((1, 3, 16, 16), 0.0625))
