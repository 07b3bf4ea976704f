"""The interface of a method to its job, whether it optimizes an image or makes it in one pass of a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from brushwork.choices import Engine
from brushwork.controls import RecipeInputs
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size, resize
from brushwork.jobs.events import Advanced
from brushwork.jobs.image_sizes import InputSizes
from brushwork.jobs.inputs import JobInputs
from brushwork.options import ScheduleLevel
from brushwork.recipes import Progress, ResumeState
from brushwork.storage.tensors import gather_entry
from brushwork.types import Image


class Snapshot(NamedTuple):
    """The state of a job after an optimization step."""

    resume_state: ResumeState
    iterations: int
    """Iterations so far, over all levels."""
    total: float
    losses: Mapping[str, float]

    @property
    def image(self) -> Image:
        """The image; values may lie outside [0, 1]."""
        return gather_entry(self.resume_state.state, "shown")


class JobStep(NamedTuple):
    """A step of a running job."""

    event: Progress | Advanced
    snapshot: Callable[[], Snapshot] | None
    """Returns the state after the step; None: there is no image yet."""
    note: str | None = None


class MemoryEstimate(Protocol):
    """Estimates the memory that a job needs on its device, beyond what is already allocated."""

    def __call__(self, options: Any, tiling: Tiling | None = None, level: int = -1) -> int:
        """Return the bytes needed at a level. Raises: NotAdditiveError: a loss cannot be computed in tiles."""

    def is_ample(self, options: Any, levels: Sequence[ScheduleLevel], budget: int) -> bool:
        """Return whether a budget certainly suffices for a schedule without tiles, and tiles are not faster."""

    def is_usable(self, options: Any) -> bool:
        """Return whether the images are large enough for these options."""

    def choose_tiling(self, options: Any, budget: int) -> Tiling | None:
        """Return the fastest tiling that fits; if none does, the one that takes the least memory; None: no tiles."""

    def minimum_memory(self, options: Any) -> int:
        """Return the bytes needed with the smallest tiles; without tiles, if a loss does not allow them."""


class LoadedMethod(ABC):
    """A method with its network loaded for a device."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the network's weights."""

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """Execution engine on CPUs."""

    @abstractmethod
    def weights_sha256(self) -> str:
        """Return the sha256 over the weights, which is recorded in the manifest."""

    @abstractmethod
    def estimator(self, sizes: InputSizes) -> MemoryEstimate:
        """Return the memory estimate for images of these sizes."""

    @abstractmethod
    def run(self, images: RecipeInputs, tiling: Tiling | None, snapshot: Snapshot | None) -> Iterator[JobStep]:
        """Run the method, from a snapshot if there is one; the last step has the result.

        Raises: InputError, DivergedError. NotAdditiveError: a loss cannot be computed in tiles.
        """

    def with_engine(self, engine: Engine) -> Self:
        """Return the method with another execution engine, as an interrupted job had it."""
        return self

    def without_unused_layers(self) -> Self:
        """Return the method without the layers that it does not need."""
        return self

    def require_usable(self, sizes: InputSizes, coarsest: Size) -> None:  # noqa: B027 (optional)
        """Check that every image is large enough at the coarsest level; feed-forward networks check when they run.

        Raises: InputError.
        """

    @abstractmethod
    def require_inputs(self, images: RecipeInputs) -> None:
        """Check, before anything is computed, that the options fit the images.

        Raises: InputError.
        """

    def list_notes(self) -> tuple[str, ...]:
        """Return notes for the user about how the method will compute."""
        return ()

    def add_init(self, inputs: JobInputs) -> JobInputs:
        """Return the inputs with the initial image that the options request, unless it is a file.

        Raises: WeightsError: a network that it needs is missing. InputError: images that cannot be used.
        """
        return inputs

    def enlarge(self, images: RecipeInputs, image: Image, size: Size) -> Image:
        """Return a level's image enlarged to the size of a larger level, as the run would start from it there."""
        return resize(image, size, clamp=True)

    def predict_seconds(
        self, levels: Sequence[ScheduleLevel], styles: int, tiling: Tiling | None
    ) -> tuple[float, ...] | None:
        """Return the seconds of every level, from a short measurement; None if it cannot be measured."""
        return None
