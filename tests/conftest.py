"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from fork_server import ForkServer

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # a busy machine takes longer than 200 ms for an example, and nothing is wrong


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores, because many tests wait for a process or a browser."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """Starts commands as processes that need not import torch first."""
    server = ForkServer()
    yield server
    server.close()
