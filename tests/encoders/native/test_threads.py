"""Forked processes: the OpenMP runtime that torch has started does not survive a fork, and must not be waited for."""

from __future__ import annotations

import multiprocessing

import pytest
import torch

from brushwork.encoders.native import statistics

pytestmark = pytest.mark.usefixtures("compiled")


def test_a_forked_process_computes_with_threads_of_its_own():
    feature = torch.rand(1, 64, 128, 128, generator=torch.Generator().manual_seed(0))
    feature = feature.to(memory_format=torch.channels_last)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        here = statistics.gram_sum(feature)
        process, queue = _forked(lambda: statistics.gram_sum(feature))
        there = torch.frombuffer(bytearray(queue.get(timeout=300)), dtype=torch.float32)
        process.join(30)
    finally:
        torch.set_num_threads(before)
    assert process.exitcode == 0
    assert torch.equal(here.flatten(), there)


def _forked(compute):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=lambda: queue.put(compute().numpy().tobytes()), daemon=True)
    process.start()
    return process, queue
