"""Prepare and check a job before it runs: files, memory, backend, initial image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import torch
from torch import Tensor

from brushwork.devices.select import select_device
from brushwork.distributed.process_group import ProcessGroup
from brushwork.encoders import Encoder
from brushwork.encoders.backends import usable_engines
from brushwork.errors import InputError
from brushwork.feedforward.inference import Stylizer
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size, check_writable, max_bits
from brushwork.jobs.input_notes import list_notes
from brushwork.jobs.inputs import JobInputs, read_inputs
from brushwork.jobs.job import Job
from brushwork.jobs.manifest import Manifest
from brushwork.jobs.method import LoadedMethod
from brushwork.jobs.plan import choose_tiling, load_method
from brushwork.recipes import ScheduleLevel
from brushwork.storage.atomic import is_same_file
from brushwork.storage.folders import expand_user
from brushwork.storage.tensors import require_short_name
from brushwork.types import Image

_ROOM = 2**20
"""Bytes for what an image file holds besides its samples."""

_CHANNELS = 4
_BITS_OF_A_BYTE = 8


@dataclass(frozen=True)
class PreparedJob:
    """A checked job with everything it needs to run."""

    job: Job
    method: LoadedMethod
    device: torch.device
    inputs: JobInputs
    manifest: Manifest
    bits: int
    """Bits per sample of the output."""
    notes: tuple[str, ...]
    memory: int | None
    """Bytes that may be used; None: what the machine has."""
    began: float
    """When the preparation began, in seconds of `monotonic`."""

    @property
    def levels(self) -> tuple[ScheduleLevel, ...]:
        """Sizes of the result, coarse to fine, with their iterations."""
        return self.inputs.levels

    @property
    def alpha(self) -> Tensor | None:
        """Alpha channel of the result, at the content's size; None for textures, which are opaque."""
        return None if self.job.options.is_opaque else self.inputs.content.alpha

    def enlarge(self, image: Image) -> Image:
        """Return a level's image at the size of the result."""
        size = self.levels[-1].size
        if Size.of(image) == size:
            return image
        return self.method.enlarge(self.inputs.to_device(self.device), image.to(self.device), size)

    def postprocess(self, image: Image) -> Image:
        """Return the method's image in its final colors."""
        return self.job.options.postprocess(self.inputs.content.image, image)

    def with_tiling(self, tiling: Tiling | None) -> PreparedJob:
        """Return the same job with another tiling; None: no tiles."""
        return replace(self, manifest=replace(self.manifest, tiling=tiling))

    def resume_from(self, begun: Manifest) -> PreparedJob:
        """Return the same job with the tiling and engine of an interrupted one.

        The tiling is kept if it fits; the engine, unless another one was requested or it is not available.
        """
        if self.manifest.tiling != begun.tiling:
            arguments = self.method, self.job.options, self.inputs, self.device
            return self._by(begun).with_tiling(choose_tiling(*arguments, self.memory, begun.tiling))
        return self._by(begun)

    def _by(self, begun: Manifest) -> PreparedJob:
        engine = begun.options.engine
        if self.job.options.engine != "auto" or engine not in usable_engines():
            return self
        manifest = replace(self.manifest, options=replace(self.manifest.options, engine=engine))
        return replace(self, method=self.method.with_engine(engine), manifest=manifest)


def prepare_job(
    job: Job,
    *,
    replacing: bool,
    memory: int | None,
    network: Encoder | Stylizer | None,
    group: ProcessGroup | None = None,
) -> PreparedJob:
    """Read the images and the network, and check that the result can be computed and written.

    `replacing`: an existing output may be replaced. `group`: the ranks that share the job; rank 0 writes.

    Raises: InputError, WeightsError, OutOfMemoryError.
    """
    began, device = monotonic(), select_device(job.device)
    inputs, bits = open_inputs(job, replacing=replacing, writes=group is None or group.rank == 0)
    method = load_method(job.options, device, network)
    method.require_usable(inputs.sizes, inputs.levels[0].size)
    method.require_inputs(inputs.to_device(torch.device("cpu")))
    inputs = method.add_init(inputs)
    manifest = Manifest.of(job, method, device, 1 if group is None else group.world_size)
    require_same_weights(job, manifest)
    require_distinct_inputs(job, manifest)
    method = method.without_unused_layers()
    if group is None:
        manifest = replace(manifest, tiling=choose_tiling(method, job.options, inputs, device, memory, job.tiling))
    notes = (*list_notes(job, inputs, bits), *method.list_notes())
    return PreparedJob(job, method, device, inputs, manifest, bits, notes, memory, began)


def open_inputs(job: Job, *, replacing: bool, writes: bool = True) -> tuple[JobInputs, int]:
    """Read the images of a job; return them with the bits per sample of the result.

    With `writes`, check that the result can be written.

    Raises: InputError.
    """
    inputs = read_inputs(job)
    bits = min(inputs.content.bits, max_bits(job.output))
    require_output_not_input(job)
    if writes:
        require_writable_output(job, inputs.levels[-1].size, bits, replacing=replacing)
    return inputs, bits


def require_writable_output(job: Job, canvas: Size, bits: int, *, replacing: bool) -> None:
    """Check that the output can be written, and that an existing or unfinished one may be replaced.

    Raises: InputError.
    """
    require_short_name(job.checkpoint)
    if job.checkpoint.exists() and not replacing:
        raise InputError(
            f"{job.checkpoint} holds an unfinished painting: resume it, overwrite it, or choose another output."
        )
    needed = canvas.area * _CHANNELS * bits // _BITS_OF_A_BYTE + _ROOM
    check_writable(job.output, overwrite=replacing, bytes_needed=needed, bits=bits, size=canvas, pyramid=job.pyramid)


def require_output_not_input(job: Job) -> None:
    """Check that the output is not one of the inputs, even if it may be overwritten.

    Raises: InputError.
    """
    output = expand_user(job.output)
    for path in job.inputs:
        if is_same_file(output, expand_user(path)):
            raise InputError(f"{job.output} is one of the inputs: write to another file.")


def require_same_weights(job: Job, manifest: Manifest) -> None:
    """Check that the network has the weights that the job names, if any.

    Raises: InputError.
    """
    if job.weights not in ("", manifest.weights):
        raise InputError(
            f"the weights of the network {manifest.network} have changed since then, and would give another result: "
            "restore the original weights (`brushwork weights` lists those that are here)."
        )


def require_distinct_inputs(job: Job, manifest: Manifest) -> None:
    """Check that the content is not one of the style images.

    Raises: InputError.
    """
    for path, style in zip(job.styles, manifest.styles, strict=True):
        if manifest.content is not None and style.sha256 == manifest.content.sha256:
            raise InputError(f"{path} is the content image itself: give a style image.")
