"""A sample of scripts/fuzz_inputs.py, which was run at length."""

from __future__ import annotations

import os
import random
import runpy
import zlib
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


def test_what_is_damaged_already_can_be_damaged_again() -> None:
    damaged = runpy.run_path(str(SCRIPT.with_name("fuzz_mutations.py")))["damaged"]
    body = b"this is no stream that zlib compressed"
    chunk = len(body).to_bytes(4, "big") + b"IDAT" + body + zlib.crc32(b"IDAT" + body).to_bytes(4, "big")
    image = b"\x89PNG\r\n\x1a\n" + chunk
    assert all(isinstance(damaged(image, [image], random.Random(seed)), bytes) for seed in range(100))
