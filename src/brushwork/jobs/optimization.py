"""Methods that optimize an image, as jobs use them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from time import perf_counter

import torch

from brushwork.choices import Engine
from brushwork.controls import RecipeInputs
from brushwork.controls.color import prepare_colors
from brushwork.encoders import Encoder, describe_emulation
from brushwork.errors import DivergedError, InputError
from brushwork.feedforward.adain_transfer import FASTEST
from brushwork.feedforward.options import AdaINOptions
from brushwork.gradients.partition import FullImage, Partition
from brushwork.gradients.tiled import Tiling
from brushwork.images import LoadedImage, Size
from brushwork.jobs.image_sizes import InputSizes, is_encodable, require_encodable
from brushwork.jobs.inputs import JobInputs
from brushwork.jobs.memory_estimate import MemoryEstimator, relative_cost
from brushwork.jobs.method import JobStep, LoadedMethod, Snapshot
from brushwork.options import ScheduleLevel
from brushwork.options.encoder import choose_encoder
from brushwork.recipes import Progress, RecipeOptions
from brushwork.recipes.init_image import add_noise
from brushwork.types import Image

_TARGET_COST = 1.5
"""Cost of a level's targets, in evaluations; measured with VGG-19 at 512 pixels."""

_SIDE = 160
"""Side of the speed test in pixels. If smaller, the overhead per call weighs too much; if larger, it takes long."""

_SIDE_OF_ACCELERATOR = 512
"""The same on accelerators, which smaller images do not keep busy."""

_LARGEST, _STEP = 4, 16
"""Largest factor by which the side grows if the test's images are too small to encode, and the step in pixels."""

_LARGER = 1.1
"""Factor by which a pixel of a larger image takes longer, outside the caches. Measured on the CPU, 160 and 512."""

_EVALUATIONS = 4
"""Evaluations of the speed test; the first is a warm-up."""


@dataclass(frozen=True)
class Optimization(LoadedMethod):
    """A method that optimizes its image, with its encoder."""

    options: RecipeOptions
    encoder: Encoder
    device: torch.device
    is_shared: bool = False
    """Whether the encoder is not this job's own; it then keeps all its layers."""

    @classmethod
    def load(cls, options: RecipeOptions, device: torch.device, network: Encoder | None) -> Optimization:
        """Load the encoder, for now into main memory."""
        encoder = choose_encoder(network, options, "cpu", computes_on=device)
        return cls(options, encoder, device, is_shared=network is not None)

    @property
    def name(self) -> str:
        """Name of the encoder's weights."""
        return self.encoder.name

    @property
    def engine(self) -> Engine:
        """Execution engine on CPUs."""
        return self.encoder.engine

    def weights_sha256(self) -> str:
        """Return the sha256 over the weights of the encoder."""
        return self.encoder.weights_sha256()

    def with_engine(self, engine: Engine) -> Optimization:
        """Return the same method, with the engine of its encoder set."""
        self.encoder.engine = engine
        return self

    def without_unused_layers(self) -> Optimization:
        """Return the same method, with its encoder cut off after the last layer that is needed."""
        if not self.is_shared:
            self.encoder.truncate(self.options.encoded_layers)
        return self

    def require_usable(self, sizes: InputSizes, coarsest: Size) -> None:
        """Check that every image is large enough for the deepest layer; see `require_encodable`."""
        require_encodable(self.options, sizes, coarsest, self.encoder)

    def require_inputs(self, images: RecipeInputs) -> None:
        """Check that the options fit the images."""
        self.options.require_inputs(images, self.encoder)

    def list_notes(self) -> tuple[str, ...]:
        """Return a note if the device only emulates the encoder's precision."""
        found = describe_emulation(self.encoder.precision, self.device)
        return () if found is None else (found,)

    def add_init(self, inputs: JobInputs) -> JobInputs:
        """Return the inputs with an initial image by AdaIN, if the options request one."""
        if inputs.init is not None or not self.options.starts_from_adain:
            return inputs
        init = make_adain_init(replace(self.options, engine=self.engine), inputs, self.device).cpu()
        return inputs._replace(init=LoadedImage(init, None, (), inputs.content.bits, "the result of AdaIN"))

    def estimator(self, sizes: InputSizes) -> MemoryEstimator:
        """Return the memory estimate for images of these sizes."""
        return MemoryEstimator(sizes, self.encoder, self.device)

    def predict_seconds(
        self, levels: Sequence[ScheduleLevel], styles: int, tiling: Tiling | None
    ) -> tuple[float, ...] | None:
        """Return the seconds of every level, from a few evaluations at a small size."""
        rate = measure_speed(self.options, styles, self.encoder.to(self.device), self.device)
        if rate is None:
            return None
        return tuple(
            rate * size.area * (iterations + _TARGET_COST) * relative_cost(self.options, self.encoder, size, tiling)
            for size, iterations in levels
        )

    def enlarge(self, images: RecipeInputs, image: Image, size: Size) -> Image:
        """Return a level's image enlarged to the size of a larger level, as the run would start from it there."""
        return self.options.enlarge(images, image, size, self.encoder.to(self.device))

    def run(
        self,
        images: RecipeInputs,
        tiling: Tiling | None,
        snapshot: Snapshot | None,
        partition: Partition | None = None,
    ) -> Iterator[JobStep]:
        """Run the recipe for the whole image, or for this process's `partition` of it."""
        steps = self.options.run(
            images,
            encoder=self.encoder.to(self.device),
            resume=snapshot.resume_state if snapshot else None,
            partition=partition or FullImage(tiling),
        )
        return map(_make_step, steps)


def _make_step(progress: Progress) -> JobStep:
    """Return the job's step; the image of its snapshot is computed only when the snapshot is made."""
    losses, iterations, save = progress.step.losses, progress.iterations, progress.lazy_resume_state()
    terms, total = {name: float(value) for name, value in losses.terms.items()}, float(losses.total)
    return JobStep(progress, lambda: Snapshot(save(), iterations, total, terms), progress.step.note)


def make_adain_init(options: RecipeOptions, inputs: JobInputs, device: torch.device) -> Image:
    """Return an initial image by AdaIN at the first size, with the initial noise, in the colors to be encoded."""
    size, finest, given = inputs.levels[0].size, inputs.levels[-1].size, vars(options)
    shared = AdaINOptions(**{field.name: given[field.name] for field in fields(AdaINOptions) if field.name in given})
    adain = replace(shared, feather=shared.feather * max(size) / max(finest))
    images = inputs.to_device(device)
    content, styles = prepare_colors(adain, images.content, images.styles)
    shown = images._replace(content=content, styles=tuple(styles))
    *_, last = adain.load_stylizer(device).stylize(shown, size, FASTEST)
    assert last.image is not None
    generator = torch.Generator().manual_seed(given["seed"])
    return add_noise(last.image, given["init_noise"], generator, options.encoder_scale)


def measure_speed(options: RecipeOptions, styles: int, encoder: Encoder, device: torch.device) -> float | None:
    """Return the seconds per evaluation and pixel; None: nothing could be measured. The encoder is on the device."""
    test = options.with_iterations(_EVALUATIONS)
    side = _test_side(test, styles, encoder, _SIDE if device.type == "cpu" else _SIDE_OF_ACCELERATOR)
    # Three different images, or the loss would be zero from the start.
    content, style, init = torch.rand(3, 1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(device)
    images = RecipeInputs(content, (style,) * styles, init)
    small, times = test.with_size(side, Size(side, side)), []
    with suppress(DivergedError, InputError):  # MDAN's patches may be larger than the image of the test
        for progress in small.run(images, encoder=encoder):
            times.append((progress.iterations, perf_counter()))
    if len(times) < 2:
        return None
    (iterations, begin), (all_spent, end) = times[0], times[-1]
    return _LARGER * (end - begin) / (all_spent - iterations) / side**2


def _test_side(options: RecipeOptions, styles: int, encoder: Encoder, least: int) -> int:
    """Return the smallest side, from `least` up, at which the images of the speed test are large enough to encode."""
    for side in range(least, _LARGEST * least + 1, _STEP):
        square = Size(side, side)
        if is_encodable(options.with_size(side, square), InputSizes(square, (square,) * styles), encoder):
            return side
    return least
