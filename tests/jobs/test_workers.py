"""Pieces of a task in processes, and over a Ray cluster; with a stand-in for Ray, which takes seconds to begin."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from brushwork.errors import BrushworkError, DivergedError, InputError
from brushwork.jobs import workers


class RayTaskError(Exception):
    """What Ray makes of an error: a long account of where it happened."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("ray::paint_one() and a traceback")
        self.cause = cause


class Cluster(SimpleNamespace):
    """A fake of Ray; tasks run where they are requested, and are done last in, first out."""

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


def _paint(name: str, threads: int) -> tuple[str, int]:
    if name == "bad":
        raise InputError("a piece that cannot be painted")
    return name.upper(), threads


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    ray = Cluster()
    ray.__spec__ = ModuleSpec("ray", None)  # as that of a module that is installed
    monkeypatch.setitem(sys.modules, "ray", ray)
    return ray


def test_a_ray_that_cannot_be_imported_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ray.py").write_text("raise ImportError('no _raylet')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    with pytest.raises(InputError, match=r"ray is installed but cannot be imported \(no _raylet\)"):
        workers.run_on_ray()


def test_every_piece_is_done_once(ray: Cluster) -> None:
    found = dict(workers.run_on_ray(3)(_paint, ["a", "b", "c"], "cpu"))
    assert found == {"a": ("A", 3), "b": ("B", 3), "c": ("C", 3)} and ray.processors == [3]


@pytest.mark.parametrize(("device", "gpus"), [("cpu", 0), ("cuda", 1)])
def test_pieces_take_a_gpu_where_they_are_done_on_one(ray: Cluster, device: str, gpus: int) -> None:
    list(workers.run_on_ray()(_paint, ["a"], device))
    assert ray.gpus == [gpus]


def test_a_real_cluster_of_this_machine_does_them() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'brushwork[ray]'")
    assert dict(workers.run_on_ray()(divmod, [7], "cpu")) == {7: (7, 0)}


@pytest.mark.slow
def test_processes_share_the_threads() -> None:
    threads = max(1, torch.get_num_threads() // 2)
    assert dict(workers.run_in_processes(2)(divmod, [7, 8], "cpu")) == {one: divmod(one, threads) for one in (7, 8)}


def _diverge_or_wait(seconds: float, threads: int) -> float:
    if seconds == 0:
        raise DivergedError("not finite", torch.full((1, 3, 2, 2), 0.5))
    time.sleep(seconds)
    return seconds


@pytest.mark.slow
def test_a_piece_that_fails_ends_the_others_at_once() -> None:
    """One process waits, the other fails: neither is waited for, nor are the pieces behind them."""
    began = time.monotonic()
    with pytest.raises(DivergedError, match="not finite") as caught:
        list(workers.run_in_processes(2)(_diverge_or_wait, [60.0, 0.0, 60.0, 60.0], "cpu"))
    assert time.monotonic() - began < 50 and torch.equal(caught.value.image, torch.full((1, 3, 2, 2), 0.5))


def _be_killed(seconds: float, threads: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_process_that_is_killed_is_told_in_a_line() -> None:
    """As the system does when memory runs out."""
    with pytest.raises(BrushworkError, match=r"one of the processes was killed.*give the same command again"):
        list(workers.run_in_processes(2)(_be_killed, [1.0, 2.0], "cpu"))


@pytest.mark.slow
def test_pieces_that_are_done_come_before_the_one_that_failed() -> None:
    found, spread = [], workers.run_in_processes(1)(_diverge_or_wait, [0.1, 0.2, 0.0, 60.0], "cpu")
    with pytest.raises(DivergedError):
        for piece, _ in spread:
            time.sleep(1)
            found.append(piece)
    assert found == [0.1, 0.2]


def test_one_process_does_it_here() -> None:
    assert workers.pick_executor(1) is None and workers.pick_executor(2) is not None


def test_a_cluster_that_was_begun_here_ends_here(ray: Cluster) -> None:
    list(workers.run_on_ray()(_paint, ["a"], "cpu"))
    assert ray.ended == 1 and not ray.running
    ray.init()
    list(workers.run_on_ray()(_paint, ["a"], "cpu"))
    assert ray.ended == 1 and ray.running


def test_failures_come_through_and_the_cluster_ends(ray: Cluster) -> None:
    with pytest.raises(InputError, match="cannot be painted"):
        list(workers.run_on_ray()(_paint, ["a", "bad"], "cpu"))
    assert ray.ended == 1


@pytest.mark.parametrize(("address", "named"), [(None, "Ray does not start here"), ("10.0.0.1:6379", "10.0.0.1:6379")])
def test_a_cluster_that_is_not_there_is_named_in_a_line(
    ray: Cluster, monkeypatch: pytest.MonkeyPatch, address: str | None, named: str
) -> None:
    def begin(**_: object) -> None:
        raise Exception("The current node timed out during startup.\nA traceback")  # as Ray does

    monkeypatch.setattr(ray, "init", begin)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if address:
        monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(InputError, match=rf"{named}.*\(The current node timed out during startup\)") as caught:
        list(workers.run_on_ray()(_paint, ["a"], "cpu"))
    assert "\n" not in str(caught.value) and ray.ended == 1


def test_ray_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"brushwork\[ray\]"):
        workers.run_on_ray()
