"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from fork_server import ForkServer, ForkServerProcess

FORKS = pytest.StashKey[ForkServerProcess]()
"""In the process that distributes tests: what all workers' programs are forked from."""

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # a busy machine takes longer than 200 ms for an example, and nothing is wrong
gc.disable()  # until all tests are collected: what is imported stays


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later garbage collection."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores, because many tests wait for a process or a browser."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def restore_torch_threads() -> Iterator[None]:
    """Torch's threads after a test are those before it: rounding depends on them, and so what later tests compare."""
    import torch  # not in the process that only distributes tests

    threads = torch.get_num_threads()
    yield
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker the address of the one process from which programs are forked."""
    if FORKS not in node.config.stash:
        node.config.stash[FORKS] = ForkServerProcess()
        node.config.add_cleanup(node.config.stash[FORKS].close)
    node.workerinput["forks"] = node.config.stash[FORKS].address


@pytest.fixture(scope="session")
def fork_server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    """Starts commands as processes that need not import torch first."""
    worker_input = getattr(request.config, "workerinput", None)
    server = ForkServerProcess() if worker_input is None else ForkServer(worker_input["forks"])
    yield server
    server.close()


@pytest.fixture(scope="session", autouse=True)
def skip_fsync() -> Iterator[None]:
    """What tests write need not survive a loss of power; a test of its own says when the disk is waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def cache_arguments() -> Iterator[None]:
    """Read the signature of a command once in a process, and not for every command of the suite."""
    from arguments_cache import ArgumentsCache

    with ArgumentsCache():
        yield


@pytest.fixture(scope="session", autouse=True)
def cache_weights() -> Iterator[None]:
    """Read and check an installed file of weights once in a process, and not for every painting of the suite."""
    from weights_cache import WeightsCache

    with WeightsCache() as weights:
        yield
    assert weights.are_unchanged(), "weights were changed"


@pytest.fixture
def compiled() -> Any:
    """The compiled kernels; a test that needs them is skipped where they were not built."""
    from brushwork.encoders.native.library import load_library

    found = load_library()
    if found is None:
        pytest.skip("the native kernels were not built")
    return found
