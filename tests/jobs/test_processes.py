"""The same with real processes, connected by gloo, and the real VGG-19."""

from __future__ import annotations

import os
import signal
import socket

import pytest
import torch

import rank_process
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.manifest import read_embedded_result
from tiny_job import run_tiny_job, tiny_job
from tolerances import DOUBLE

TIMEOUT = 900.0
"""Seconds until the test fails."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory, fork_server):
    """The folder with the results of two processes, and their exit codes; the second one is killed in the end."""
    folder = tmp_path_factory.mktemp("ranks")
    tiny_job(folder)
    given = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    command = rank_process.__file__, str(folder)
    both = [fork_server.start(*command, env={**given, "RANK": rank}, stderr=2) for rank in "01"]
    return folder, [one.wait(timeout=TIMEOUT) for one in both]


@pytest.mark.slow
def test_processes_communicate(two_processes):
    received = torch.load(two_processes[0] / "0.pt")["communicated"]
    assert received == {
        "sum": [2.0, 1.0],
        "largest": [-1.0, 1.0],
        "exchange": [1.0, 1.0],
        "first": {"rank": 0},
        "all": [0, 1],
        "receive": [0, 1, 2],
    }


@pytest.mark.slow
def test_two_processes_paint_the_picture_of_one(two_processes):
    """They differ by less than what twenty steps of L-BFGS make of a change of the pixels that exceeds all rounding."""
    alone = rank_process.painted()
    conditioning = (rank_process.painted(disturbance=DOUBLE) - alone).abs().max()
    assert conditioning < 1e-3, "the painting is chaotic: equality would mean nothing"
    first = torch.load(two_processes[0] / "0.pt")["painted"]
    rows = first.shape[2]
    assert 0 < rows < alone.shape[2]
    torch.testing.assert_close(first, alone[:, :, :rows], rtol=0, atol=float(conditioning))


@pytest.mark.slow
def test_two_processes_have_the_regions_of_one(two_processes):
    """All losses that add, under masks, in float64: losses and gradients."""
    total, gradient = rank_process.regional()
    shared, own = torch.load(two_processes[0] / "0.pt")["regional"]
    rows = own.shape[2]
    assert 0 < rows < gradient.shape[2]
    assert abs(float(shared / total) - 1) < DOUBLE
    assert float((own - gradient[:, :, :rows]).abs().max() / gradient.abs().max()) < DOUBLE


def test_sorted_losses_refuse_to_be_shared_by_name(two_processes):
    sliced, histogram = torch.load(two_processes[0] / "0.pt")["refused"]
    assert "sliced:conv1_1 (SlicedWassersteinLoss) is not a sum over positions" in sliced
    assert "histogram:conv1_1 (HistogramLoss) is not a sum over positions" in histogram


def test_a_killed_process_ends_the_other_with_a_reason_and_a_checkpoint(two_processes):
    folder, codes = two_processes
    assert codes == [0, -signal.SIGKILL]
    error, note = torch.load(folder / "0.pt")["lost"]
    assert "lost" in error
    assert "out.png.checkpoint holds the painting" in note
    assert JobCheckpoint.read(folder / "out.png.checkpoint").snapshot.iterations >= 2
    run_tiny_job(tiny_job(folder), resume=True)
    assert read_embedded_result(folder / "out.png").is_finished
