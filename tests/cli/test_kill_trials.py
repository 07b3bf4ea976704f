"""A sample of scripts/kill_trials.py, which was run at length."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from first_layers import FIRST_LAYERS
from fork_server import ForkServer

SCRIPT = Path(__file__).parents[2] / "scripts/kill_trials.py"


@pytest.mark.slow
def test_what_is_ended_at_any_moment_goes_on_to_the_same_bits(tmp_path: Path, fork_server: ForkServer) -> None:
    few = ("--kills", "3", "--terms", "3", "--seed", "7", "--folder", str(tmp_path))
    done = fork_server.run(str(SCRIPT), *few, env=os.environ | FIRST_LAYERS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("nothing is wrong\n") and done.stdout.count("resumed alike") == 6
