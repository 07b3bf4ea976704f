"""The experiment on films: its pan is what its flow says, and its claims are checked on what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from brushwork.experiments.experiment import CellResult
from brushwork.experiments.papers import ruder
from brushwork.experiments.request import ExperimentRequest
from brushwork.images.warp import warp
from brushwork.video.pair_measures import hidden_pixels, warp_error


def test_a_photograph_becomes_a_pan_with_its_true_flow() -> None:
    context = ExperimentRequest("ruder", Path(), size=64).load_context()
    frames, flow = ruder._film(context)
    assert len(frames) == ruder.FRAMES
    pair = flow(frames[2], frames[0], (2, 0))
    moved = warp(frames[0], pair.flow)
    kept = pair.reliability[0, 0] == 1
    assert torch.allclose(moved[0][:, kept], frames[2][0][:, kept], atol=1e-5) and 0.5 < kept.float().mean() < 1
    forward = flow(frames[0], frames[1], (0, 1))
    assert warp_error(frames[0], frames[1], forward.flow, hidden_pixels(forward.flow, forward.backward)) < 1e-10


def results(*measured: tuple[float, float, float]) -> list[CellResult]:
    """Warp error, iterations and last loss of each start."""
    return [
        CellResult(
            "seed 0", start, {"warp error": error, "iterations of a later frame": count}, [(1, loss)], 1.0, Path()
        )
        for start, (error, count, loss) in zip(ruder.STARTS, measured, strict=True)
    ]


def test_claims_are_the_order_the_iterations_and_the_losses() -> None:
    good = results((0.1, 30, 9.0), (0.2, 30, 2.0), (0.3, 40, 3.0), (0.4, 90, 4.0))
    assert [one.holds for one in ruder.check_claims(good)] == [True] * 4
    bad = results((0.2, 95, 9.0), (0.1, 30, 2.0), (0.5, 95, 5.0), (0.4, 90, 4.0))
    assert [one.holds for one in ruder.check_claims(bad)] == [False] * 4
    as_many_as_they_may = results((0.1, 90, 9.0), (0.2, 90, 2.0), (0.3, 90, 3.0), (0.4, 90, 4.0))
    assert [one.holds for one in ruder.check_claims(as_many_as_they_may)] == [True, True, None, True]


@pytest.mark.parametrize("count", [2, 3])
def test_frames_that_are_given_are_the_film(tmp_path: Path, count: int) -> None:
    pytest.importorskip("cv2")
    from brushwork.images import write_image

    paths = []
    for number in range(count):
        paths.append(tmp_path / f"{number}.png")
        write_image(torch.rand(1, 3, 40, 60), paths[-1])
    context = ExperimentRequest("ruder", Path(), tuple(paths), size=48).load_context()
    frames, flow = ruder._film(context)
    assert len(frames) == count and not isinstance(flow, ruder.PanFlow)
    assert len(ruder.make_cells(context)) == 3 * 4
