"""A sample of scripts/fuzz_inputs.py, which was run at length."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from first_layers import FIRST_LAYERS
from fork_server import ForkServer

SCRIPT = Path(__file__).parents[2] / "scripts/fuzz_inputs.py"


@pytest.mark.slow
def test_damaged_files_end_well(fork_server: ForkServer) -> None:
    done = fork_server.run(str(SCRIPT), "--count", "2", "--seed", "7", env=os.environ | FIRST_LAYERS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("0 faults in 6 runs\n")
