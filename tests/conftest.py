"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from fork_server import ForkServer

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # a busy machine takes longer than 200 ms for an example, and nothing is wrong


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """Starts commands as processes that need not import torch first."""
    server = ForkServer()
    yield server
    server.close()
