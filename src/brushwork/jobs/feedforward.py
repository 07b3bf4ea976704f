"""Feed-forward methods, as jobs use them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import inf
from time import perf_counter

import torch

from brushwork.choices import Engine
from brushwork.controls import RecipeInputs
from brushwork.devices.meter import MemoryMeter
from brushwork.feedforward.inference import Stylizer, run_stylizer
from brushwork.feedforward.options import FeedForwardOptions
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.jobs.events import Advanced
from brushwork.jobs.image_sizes import InputSizes
from brushwork.jobs.memory_estimate import SIDES
from brushwork.jobs.method import JobStep, LoadedMethod, Snapshot
from brushwork.jobs.peak_memory import add_reserve, make_meta_inputs
from brushwork.options import ScheduleLevel
from brushwork.recipes import ResumeState
from brushwork.storage.hashing import tensors_sha256
from brushwork.types import Image

_AMPLE = 2**12
"""Bytes per encoded pixel, about five times what AdaIN takes. If this much is free, the estimate, which takes a
second, is skipped."""

_SIDE, _PASSES = 256, 2
"""Side in pixels and number of passes of the speed test. At a smaller side the overhead per call weighs too much."""


@dataclass(frozen=True)
class FeedForward(LoadedMethod):
    """A method that makes its image in one forward pass, with its network."""

    options: FeedForwardOptions
    stylizer: Stylizer
    device: torch.device

    @classmethod
    def load(cls, options: FeedForwardOptions, device: torch.device, network: Stylizer | None) -> FeedForward:
        """Load the network onto the device."""
        return cls(options, network or options.load_stylizer(device), device)

    @property
    def name(self) -> str:
        """Name of the network's weights."""
        return self.stylizer.name

    @property
    def engine(self) -> Engine:
        """Execution engine on CPUs."""
        return self.stylizer.engine

    def weights_sha256(self) -> str:
        """Return the sha256 over the weights of the network."""
        return tensors_sha256(self.stylizer.weights())

    def require_inputs(self, images: RecipeInputs) -> None:
        """Check that the options fit the images."""
        self.options.require_inputs(images)

    def estimator(self, sizes: InputSizes) -> FeedForwardMemory:
        """Return the memory estimate for images of these sizes."""
        return FeedForwardMemory(sizes, self.stylizer.to_meta(), self.device)

    def run(self, images: RecipeInputs, tiling: Tiling | None, snapshot: Snapshot | None) -> Iterator[JobStep]:
        """Run the network once."""
        options, canvas = self.options, self.options.output_size(Size.of(images.content))
        for done, image in self.stylizer.stylize(options.prepare(images), canvas, tiling.side if tiling else None):
            yield JobStep(Advanced(done), None if image is None else _defer_snapshot(image))

    def predict_seconds(
        self, levels: Sequence[ScheduleLevel], styles: int, tiling: Tiling | None
    ) -> tuple[float, ...] | None:
        """Return the predicted seconds of the pass, from two passes at a small size; the first is a warm-up."""
        small, times = Size(_SIDE, _SIDE), [perf_counter()]
        numbers = torch.rand(1 + styles, 1, 3, *small, generator=torch.Generator().manual_seed(0))
        content, *others = numbers.to(self.device)
        for _ in range(_PASSES):
            for result in self.stylizer.stylize(RecipeInputs(content, tuple(others)), small):
                if result.image is not None:
                    result.image.sum().item()  # waits for the device
            times.append(perf_counter())
        return ((times[-1] - times[-2]) / small.area * levels[-1].size.area,)


def _defer_snapshot(image: Image) -> Callable[[], Snapshot]:
    return lambda: Snapshot(ResumeState(0, 0, {"shown": image.cpu()}), 0, 0.0, {})


@dataclass(frozen=True)
class FeedForwardMemory:
    """Estimates the memory of a forward pass; see `MemoryEstimate`."""

    sizes: InputSizes
    stylizer: Stylizer
    """On `meta`, as `to_meta` returns it."""
    device: torch.device

    def __call__(self, options: FeedForwardOptions, tiling: Tiling | None = None, level: int = -1) -> int:
        """Return the bytes needed; there is only one level."""
        return add_reserve(self._tensors(options, tiling), self.device)

    @cached_property
    def _tensors(self) -> Callable[[FeedForwardOptions, Tiling | None], int]:
        """Bytes of the tensors for options and tiling, each measured once: a measurement takes a second."""
        return cache(self._measure)

    def _measure(self, options: FeedForwardOptions, tiling: Tiling | None) -> int:
        side = tiling.side if tiling else None
        with MemoryMeter() as meter:
            for _ in run_stylizer(options, make_meta_inputs(self.sizes), self.stylizer, side):
                pass
        return int(meter.peak)

    def is_ample(self, options: FeedForwardOptions, levels: Sequence[ScheduleLevel], budget: int) -> bool:
        """Return whether the budget certainly suffices without tiles, and tiles are not faster."""
        canvas = levels[-1].size
        largest = max(size.area for size in (canvas, self.sizes.content, *self.sizes.styles))
        return max(canvas) <= (self.stylizer.fastest_tile or inf) and _AMPLE * largest <= budget

    def is_usable(self, options: FeedForwardOptions) -> bool:
        """Return True: the network checks its images itself."""
        return True

    def choose_tiling(self, options: FeedForwardOptions, budget: int) -> Tiling | None:
        """Return the largest tiles that fit, up to the fastest; the smallest if none fit; None: no tiles."""
        levels = options.schedule(self.sizes.content)
        canvas = levels[-1].size
        fastest = self.stylizer.fastest_tile or max(canvas)
        if self.is_ample(options, levels, budget) or (max(canvas) <= fastest and self(options) <= budget):
            return None
        tilings = [Tiling(side) for side in SIDES if side <= min(fastest, max(canvas) - 1)]
        if not tilings:
            return None
        return tilings[max(0, bisect_right(tilings, budget, key=lambda tiling: self(options, tiling)) - 1)]

    def minimum_memory(self, options: FeedForwardOptions) -> int:
        """Return the bytes needed with the smallest tiles."""
        return self(options, Tiling(SIDES[0]))
