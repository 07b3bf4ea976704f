"""Cells over a Ray cluster; a stand-in for Ray, which takes seconds to begin."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from brushwork.errors import InputError
from brushwork.experiments import runner
from brushwork.experiments.experiment import CellResult
from brushwork.experiments.request import ExperimentRequest


class RayTaskError(Exception):
    """What Ray makes of an error: a long account of where it happened."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("ray::paint_one() and a traceback")
        self.cause = cause


class Cluster(SimpleNamespace):
    """What is asked of Ray; tasks run where they are asked for, and are done last in, first out."""

    def __init__(self) -> None:
        super().__init__(
            exceptions=SimpleNamespace(RayTaskError=RayTaskError), running=False, processors=[], gpus=[], ended=0
        )

    def is_initialized(self) -> bool:
        return bool(self.running)

    def init(self, **_: object) -> None:
        self.running = True

    def shutdown(self) -> None:
        self.running, self.ended = False, self.ended + 1

    def remote(self, num_cpus: int, num_gpus: int) -> Callable[[Callable[..., Any]], Any]:
        self.processors.append(num_cpus)
        self.gpus.append(num_gpus)
        return lambda function: SimpleNamespace(remote=lambda *given: (function, given))

    def wait(self, waiting: list[Any], num_returns: int) -> tuple[list[Any], list[Any]]:
        return waiting[-num_returns:], waiting[:-num_returns]

    def get(self, done: Any) -> Any:
        function, given = done
        try:
            return function(*given)
        except InputError as error:
            raise RayTaskError(error) from error


def _paint(order: ExperimentRequest, name: str, threads: int) -> CellResult:
    if name == "bad":
        raise InputError("a cell that cannot be painted")
    return CellResult("", name, {"threads": threads}, [], 0.0, order.folder)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    ray = Cluster()
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setattr(runner, "run_cell", _paint)
    return ray


def test_every_cell_is_painted_once(ray: Cluster) -> None:
    found = dict(runner.run_on_ray(3)(ExperimentRequest("fig1", Path()), ["a", "b", "c"]))
    assert sorted(found) == ["a", "b", "c"] and all(name == one.column for name, one in found.items())
    assert ray.processors == [3] and found["a"].figures == {"threads": 3}


@pytest.mark.parametrize(("device", "gpus"), [("cpu", 0), ("cuda", 1)])
def test_cells_take_a_gpu_where_they_are_painted_on_one(ray: Cluster, device: str, gpus: int) -> None:
    list(runner.run_on_ray()(ExperimentRequest("fig1", Path(), device=device), ["a"]))
    assert ray.gpus == [gpus]


def test_a_real_cluster_of_this_machine_paints(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'brushwork[ray]'")
    order = ExperimentRequest("gram-entry", tmp_path, size=48, is_quick=True)
    (cell, *_) = order.make_cells()
    ((name, result),) = runner.run_on_ray()(order, [cell.name])
    assert name == cell.name and result.picture.exists() and dict(result.figures)


def test_a_cluster_that_was_begun_here_ends_here(ray: Cluster) -> None:
    list(runner.run_on_ray()(ExperimentRequest("fig1", Path()), ["a"]))
    assert ray.ended == 1 and not ray.running
    ray.init()
    list(runner.run_on_ray()(ExperimentRequest("fig1", Path()), ["a"]))
    assert ray.ended == 1 and ray.running


def test_failures_come_through_and_the_cluster_ends(ray: Cluster) -> None:
    with pytest.raises(InputError, match="cannot be painted"):
        list(runner.run_on_ray()(ExperimentRequest("fig1", Path()), ["a", "bad"]))
    assert ray.ended == 1


def test_ray_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"brushwork\[ray\]"):
        runner.run_on_ray()
