"""Closures recorded once, and replayed: a CUDA graph in place of hundreds of calls.

At small sizes an accelerator is done with a kernel before the program has launched the next one; a recorded closure is
launched as one. The numbers are those of the same kernels in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from brushwork.types import Evaluate, Image, LossValues

GpuWork: TypeAlias = Callable[[], None]

CaptureGraph: TypeAlias = Callable[[GpuWork], GpuWork]
"""From work to its replay, which computes it anew on the same memory. Raises RuntimeError where that cannot be."""

WARM_UP = 3
"""Times that the work is done before it is recorded, as torch's notes on CUDA graphs ask for."""


def capture_cuda_graph(work: GpuWork) -> GpuWork:
    """A CUDA graph of the work, which must not wait for the device or look at numbers."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            work()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def with_cuda_graph(evaluate: Evaluate, record: CaptureGraph = capture_cuda_graph) -> Evaluate:
    """The same evaluation, recorded at the first picture on a CUDA device and replayed for others of its size.

    What cannot be recorded is evaluated as before: so are pictures on other devices or of another size. A recording
    keeps the memory of a closure for itself, and takes a few closures' time.
    """
    recording: _Recording | None = None
    possible = True

    def replay(image: Image) -> LossValues:
        nonlocal recording, possible
        if image.device.type != "cuda" and record is capture_cuda_graph:
            return evaluate(image)
        if recording is None and possible:
            try:
                recording = _Recording(evaluate, image, record)
            except RuntimeError:
                possible = False
        if recording is None or not recording.fits(image):
            return evaluate(image)
        return recording(image)

    return replay


class _Recording:
    """A closure on memory of its own."""

    def __init__(self, evaluate: Evaluate, image: Image, record: CaptureGraph) -> None:
        self._leaf = image.detach().clone().requires_grad_()
        self._gradient = self._leaf.grad = torch.zeros_like(self._leaf)
        self._losses: LossValues | None = None

        def work() -> None:
            self._gradient.zero_()
            self._losses = evaluate(self._leaf)

        self._replay = record(work)

    def fits(self, image: Image) -> bool:
        return image.shape == self._leaf.shape and image.dtype == self._leaf.dtype and image.device == self._leaf.device

    def __call__(self, image: Image) -> LossValues:
        """Losses and gradient of a picture, copied out: the next replay writes over the recording's."""
        with torch.no_grad():
            self._leaf.copy_(image)
        self._replay()
        assert self._losses is not None
        image.grad = self._gradient.clone() if image.grad is None else image.grad.add_(self._gradient)
        terms = {name: value.clone() for name, value in self._losses.terms.items()}
        return LossValues(self._losses.total.clone(), terms)
