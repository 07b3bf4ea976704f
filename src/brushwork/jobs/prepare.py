"""Everything that can go wrong before painting, found out before painting."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.tiled import Tiling
from brushwork.evaluate.wire import Wire
from brushwork.jobs.beforehand import enlarged, forgone
from brushwork.jobs.inputs import Inputs, read_inputs
from brushwork.jobs.job import Job
from brushwork.jobs.places import require_apart, require_distinct, require_place
from brushwork.jobs.plan import choose_tiling
from brushwork.jobs.preview import started_at_once
from brushwork.jobs.record import Record
from brushwork.jobs.shown import require_visible
from brushwork.perception import Encoder
from brushwork.perception.engines import usable
from brushwork.picture import most_bits
from brushwork.recipes import Level, Texture, taps
from brushwork.recipes import plan as levels_of
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.share import Alone, Share


@dataclass(frozen=True)
class Desk:
    """All that lies ready for painting."""

    job: Job
    device: torch.device
    encoder: Encoder
    inputs: Inputs
    levels: tuple[Level, ...]
    record: Record
    bits: int
    """Bits a sample of the output."""
    notes: tuple[str, ...]
    memory: int | None
    """Bytes that may be taken; None: what the machine has."""

    @property
    def share(self) -> Share:
        """The whole picture, looked at as the record says."""
        return Alone(self.record.tiling)

    @property
    def alpha(self) -> Tensor | None:
        """Coverage of the result, at the photograph's size; textures cover everything."""
        return None if isinstance(self.job.options, Texture) else self.inputs.content.alpha

    def looking(self, tiling: Tiling | None) -> Desk:
        """The same, looking at pictures in such tiles, or at once."""
        return replace(self, record=replace(self.record, tiling=tiling))

    def going_on(self, begun: Record) -> Desk:
        """The same as a painting was begun: with its tiles, if they fit, and with its engine, unless another one was
        asked for, or it is gone."""
        if self.record.tiling != begun.tiling:
            seen = self.job.options, self.inputs, self.encoder, self.device
            return self._by(begun).looking(choose_tiling(*seen, self.memory, begun.tiling))
        return self._by(begun)

    def _by(self, begun: Record) -> Desk:
        engine = begun.options.engine
        if self.job.options.engine != "auto" or engine not in usable():
            return self
        self.encoder.engine = engine
        return replace(self, record=replace(self.record, options=replace(self.record.options, engine=engine)))


def prepare(
    job: Job, *, replacing: bool, memory: int | None, encoder: Encoder | None, wire: Wire | None = None
) -> Desk:
    """Read the pictures and the network, and check that the result can be computed and written.

    `replacing`: what lies at the output may be replaced. `wire`: to the other ranks that paint the same picture; the
    first one writes.

    Raises: InputError, WeightsError, OutOfMemory.
    """
    device = pick_device(job.device)
    inputs = read_inputs(job)
    levels = tuple(levels_of(job.options, inputs.content.size))
    bits = min(inputs.content.bits, most_bits(job.output))
    require_apart(job)
    if wire is None or wire.rank == 0:
        require_place(job, levels[-1].size, bits, replacing=replacing)
    eye = encoder or encoder_for(job.options, "cpu", computes_on=device)
    require_visible(job.options, inputs.sizes, eye)
    inputs = started_at_once(job, inputs, levels, device, eye.engine)
    record = Record.of(job, eye, device, 1 if wire is None else wire.count)
    require_distinct(job, record)
    if encoder is None:
        eye.cut_after(taps(job.options))
    if wire is None:
        record = replace(record, tiling=choose_tiling(job.options, inputs, eye, device, memory, job.tiling))
    notes = (*inputs.notes, *enlarged(job, inputs, levels[-1].size), *forgone(job, inputs.content, bits))
    return Desk(job, device, eye.to(device), inputs, levels, record, bits, notes, memory)
