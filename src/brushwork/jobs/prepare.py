"""Everything that can go wrong before painting, found out before painting."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from brushwork.evaluate.machine import select_device
from brushwork.evaluate.tiled import Tiling
from brushwork.evaluate.wire import ProcessGroup
from brushwork.jobs.beforehand import note_enlarged, note_lost_features
from brushwork.jobs.inputs import JobInputs, read_inputs
from brushwork.jobs.job import OptimizationJob
from brushwork.jobs.places import require_distinct_inputs, require_output_not_input, require_writable
from brushwork.jobs.plan import choose_tiling
from brushwork.jobs.preview import with_adain_init
from brushwork.jobs.record import Manifest
from brushwork.jobs.shown import require_encodable
from brushwork.perception import Encoder
from brushwork.perception.engines import usable_engines
from brushwork.picture import max_bits
from brushwork.recipes import ScheduleLevel, TextureOptions, encoded_layers
from brushwork.recipes import schedule as levels_of
from brushwork.recipes.seeing import load_encoder_for
from brushwork.recipes.share import FullImage, Partition


@dataclass(frozen=True)
class PreparedJob:
    """All that lies ready for painting."""

    job: OptimizationJob
    device: torch.device
    encoder: Encoder
    inputs: JobInputs
    levels: tuple[ScheduleLevel, ...]
    manifest: Manifest
    bits: int
    """Bits a sample of the output."""
    notes: tuple[str, ...]
    memory: int | None
    """Bytes that may be taken; None: what the machine has."""

    @property
    def partition(self) -> Partition:
        """The whole picture, looked at as the record says."""
        return FullImage(self.manifest.tiling)

    @property
    def alpha(self) -> Tensor | None:
        """Coverage of the result, at the photograph's size; textures cover everything."""
        return None if isinstance(self.job.options, TextureOptions) else self.inputs.content.alpha

    def with_tiling(self, tiling: Tiling | None) -> PreparedJob:
        """The same, looking at pictures in such tiles, or at once."""
        return replace(self, manifest=replace(self.manifest, tiling=tiling))

    def resume_from(self, begun: Manifest) -> PreparedJob:
        """The same as a painting was begun: with its tiles, if they fit, and with its engine, unless another one was
        asked for, or it is gone."""
        if self.manifest.tiling != begun.tiling:
            seen = self.job.options, self.inputs, self.encoder, self.device
            return self._by(begun).with_tiling(choose_tiling(*seen, self.memory, begun.tiling))
        return self._by(begun)

    def _by(self, begun: Manifest) -> PreparedJob:
        engine = begun.options.engine
        if self.job.options.engine != "auto" or engine not in usable_engines():
            return self
        self.encoder.engine = engine
        return replace(self, manifest=replace(self.manifest, options=replace(self.manifest.options, engine=engine)))


def prepare_job(
    job: OptimizationJob,
    *,
    replacing: bool,
    memory: int | None,
    encoder: Encoder | None,
    group: ProcessGroup | None = None,
) -> PreparedJob:
    """Read the pictures and the network, and check that the result can be computed and written.

    `replacing`: what lies at the output may be replaced. `group`: to the other ranks that paint the same picture; the
    first one writes.

    Raises: InputError, WeightsError, OutOfMemoryError.
    """
    device = select_device(job.device)
    inputs = read_inputs(job)
    levels = tuple(levels_of(job.options, inputs.content.size))
    bits = min(inputs.content.bits, max_bits(job.output))
    require_output_not_input(job)
    if group is None or group.rank == 0:
        require_writable(job, levels[-1].size, bits, replacing=replacing)
    eye = encoder or load_encoder_for(job.options, "cpu", computes_on=device)
    require_encodable(job.options, inputs.sizes, eye)
    inputs = with_adain_init(job, inputs, levels, device, eye.engine)
    manifest = Manifest.of(job, eye, device, 1 if group is None else group.world_size)
    require_distinct_inputs(job, manifest)
    if encoder is None:
        eye.truncate(encoded_layers(job.options))
    if group is None:
        manifest = replace(manifest, tiling=choose_tiling(job.options, inputs, eye, device, memory, job.tiling))
    notes = (
        *inputs.notes,
        *note_enlarged(job, inputs, levels[-1].size),
        *note_lost_features(job, inputs.content, bits),
    )
    return PreparedJob(job, device, eye.to(device), inputs, levels, manifest, bits, notes, memory)
