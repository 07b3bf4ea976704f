"""Loss and gradient of a full image by automatic differentiation, optionally replayed as a CUDA graph.

At small sizes an accelerator finishes a kernel before the next one is launched; a captured evaluation takes a single
launch. The same kernels run in the same order, with the same results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from brushwork.encoders.encoder import Encoder
from brushwork.encoders.native.crop import collect_gradients
from brushwork.encoders.native.statistics import reuse_memory
from brushwork.objective import Objective
from brushwork.types import Evaluate, Image, LossValues

GpuWork: TypeAlias = Callable[[], None]

CaptureGraph: TypeAlias = Callable[[GpuWork], GpuWork]
"""Function that captures work and returns its replay, which recomputes it in the same memory.

Raises: RuntimeError: the work cannot be captured.
"""

WARM_UP = 3
"""Number of runs before capture, as torch's notes on CUDA graphs recommend."""


def evaluate_whole(encoder: Encoder, objective: Objective) -> Evaluate:
    """Return the evaluation of an objective in one forward and one backward pass.

    The encoder must be on the image's device. If `encoder.cuda_graphs`, the pass is captured once (`with_cuda_graph`).
    """

    def evaluate(image: Image) -> LossValues:
        features = encoder(image, objective.layers)
        with reuse_memory(features[term.layer] for _, term in objective.losses.values()):
            losses = objective({layer: collect_gradients(feature) for layer, feature in features.items()})
        del features
        losses.total.backward()  # type: ignore[no-untyped-call]
        return LossValues(losses.total.detach(), {name: value.detach() for name, value in losses.terms.items()})

    return with_cuda_graph(evaluate) if encoder.cuda_graphs else evaluate


def capture_cuda_graph(work: GpuWork) -> GpuWork:
    """Return the replay of work captured as a CUDA graph.

    The work must neither synchronize with the device nor read values.
    """
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
    """Return the same evaluation, captured as a CUDA graph.

    It is captured at the first image on a CUDA device and replayed for others of its size. An evaluation that cannot be
    captured runs as before, and so do images on other devices or of another size. A captured graph holds the memory of
    one evaluation, and capture takes as long as a few evaluations.
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
    """A captured evaluation with its own memory."""

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
        """Return the losses, and add the gradient to the image's.

        Both are copies, because the next replay overwrites the graph's memory.
        """
        with torch.no_grad():
            self._leaf.copy_(image)
        self._replay()
        assert self._losses is not None
        image.grad = self._gradient.clone() if image.grad is None else image.grad.add_(self._gradient)
        terms = {name: value.clone() for name, value in self._losses.terms.items()}
        return LossValues(self._losses.total.clone(), terms)
