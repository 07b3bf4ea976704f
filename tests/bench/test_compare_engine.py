"""The real processes, at the smallest size."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compare_engine import EngineError, EngineProcess
from compare_machine import machine, why_not
from compare_task import OURS, PEERS, Task, lay_out

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_an_engine_paints_when_it_is_requested(tmp_path):
    lay_out(tmp_path, 32)
    task = Task(OURS, "neural-style", 32, 3, str(tmp_path), changes={"initial_step": 1e-4})
    with EngineProcess(task, 1) as process:
        painted = process.go(2)
        assert (len(painted.seconds), painted.spent, painted.shares) == (2, [1, 2], [1.0, 1.0])
        assert 0 < painted.losses[1] < painted.losses[0]
        assert 1e8 < process.ask("memory")["memory"] < 1e10
        assert not process.ended
        assert len(process.go(5).losses) == 1
        assert process.ended


@pytest.mark.slow
def test_what_an_engine_died_of_is_reported(tmp_path):
    with (
        pytest.raises(EngineError, match=r"exit code 1: KeyError: 'nobody'"),
        EngineProcess(Task("nobody", "", 32, 1, ""), 1),
    ):
        pass


def test_the_peers_are_pinned_alike():
    pinned = [f"{name}=={version}" for name, version in PEERS.items()]
    installed = [line for line in (ROOT / "requirements-peers.txt").read_text().split("\n") if "==" in line]
    group = re.search(r"^bench = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert group and re.findall(r'"(.*?)"', group[1]) == installed
    assert set(pinned) <= set(installed)


def test_a_peer_of_another_version_is_left_out(monkeypatch):
    monkeypatch.setitem(PEERS, "pillow", "0.1")
    monkeypatch.setitem(PEERS, "nothing-of-that-name", "1.0")
    assert re.match(r"version \d.* is installed, the comparison is with 0.1", why_not("pillow"))
    assert "not installed" in why_not("nothing-of-that-name")


def test_the_machine_has_a_name():
    here = machine(2, "cpu")
    assert here["threads"] == 2 and here["processor"] and here["device"] == "cpu"
