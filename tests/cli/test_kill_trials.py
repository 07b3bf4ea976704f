"""A sample of scripts/kill_trials.py, which was run at length."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from first_layers import FIRST_LAYERS

SCRIPT = Path(__file__).parents[2] / "scripts/kill_trials.py"


@pytest.mark.slow
def test_what_is_ended_at_any_moment_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--kills", "3", "--terms", "3", "--seed", "7", "--folder", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | FIRST_LAYERS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("nothing is wrong\n") and done.stdout.count("resumed alike") == 6
