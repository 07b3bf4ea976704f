"""What a job will take, without running it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import torch

from brushwork.errors import OutOfMemory
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.memory import available_memory, give_back, held_memory
from brushwork.evaluate.meter import on_meta
from brushwork.evaluate.plan import LevelPlan, Plan, with_reserve
from brushwork.jobs.inputs import Inputs, Sizes, read_sizes
from brushwork.jobs.job import Job
from brushwork.jobs.probe import probe
from brushwork.jobs.rehearse import optimizer_memory, peak
from brushwork.jobs.scaled import scaled, size_of
from brushwork.jobs.shown import is_visible, largest_shown, require_visible
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import Options
from brushwork.recipes import plan as levels_of
from brushwork.recipes.options import SMALLEST_SIDE
from brushwork.recipes.seeing import encoder_for

_STEP = 16
"""Pixels between the sizes that are proposed: the stride of VGG's last block, so that pooling cuts nothing off."""

_AMPLE = 2**14
"""Bytes a pixel, some four times what VGG-19 takes. Where so much is left, nothing needs to be predicted."""

_TARGETS = 1.5
"""Closures for which the targets of a level stand, measured with VGG-19 at 512 pixels."""

_GIGABYTE = 1e9


def plan(job: Job, *, timed: bool = True, memory: int | None = None, encoder: Encoder | None = None) -> Plan:
    """Sizes, closures, peak memory and, if `timed`, seconds of a job. Pictures are only measured, nothing is painted.

    `timed` paints a few closures at a small size to learn the machine's speed. `memory` is what may be taken, in bytes
    (on the CPU by the whole process); None: what the machine has.

    Raises: InputError, WeightsError: as `paint`.
    """
    device, options, sizes = pick_device(job.device), job.options, read_sizes(job)
    eye = encoder or encoder_for(options, "cpu")
    require_visible(options, sizes, eye)
    give_back()
    held, room, levels = held_memory(device), _room(device, memory), levels_of(options, sizes.content)
    rate, need = None, _Need(sizes, eye, device)
    if timed:
        rate = probe(options, len(sizes.paintings), eye.to(device), device)
    plans = tuple(
        LevelPlan(
            size,
            closures,
            held + need(options, index),
            None if rate is None else rate * size.area * (closures + _TARGETS),
        )
        for index, (size, closures) in enumerate(levels)
    )
    fits = room is None or max(one.memory for one in plans) - held <= room
    largest = None if fits or room is None else need.largest(options, levels[-1].size, room)
    return Plan(str(device), plans, None if room is None else room + held, largest)


def require_memory(
    options: Options, inputs: Inputs, encoder: Encoder, device: torch.device, memory: int | None = None
) -> None:
    """Refuse what does not fit into `memory` bytes; None: what the machine has.

    Raises: OutOfMemory: carries the size that fits.
    """
    give_back()
    room, sizes = _room(device, memory), inputs.sizes
    if room is None or _ample(options, sizes) <= room:
        return
    if device.type == "cpu":
        room += inputs.nbytes  # which the need counts, and which are held already
    need, canvas = _Need(sizes, encoder, device), levels_of(options, sizes.content)[-1].size
    needed = need(options)
    if needed <= room:
        return
    largest = need.largest(options, canvas, room)
    remedy = f"take size {largest} or less" if largest else "no size fits; free some, or take another device"
    raise OutOfMemory(
        f"{canvas} pixels take {_gigabytes(needed)} of memory on {device}, and {_gigabytes(room)} are left: {remedy}.",
        largest or None,
    )


@dataclass(frozen=True)
class _Need:
    """The memory that paintings of some pictures need on a device, beyond what is held."""

    sizes: Sizes
    encoder: Encoder
    device: torch.device

    def __call__(self, options: Options, level: int = -1) -> int:
        tensors = peak(options, self.sizes, on_meta(self.encoder), level)
        return with_reserve(tensors + self._weights(), self.device)

    def _weights(self) -> int:
        """On the CPU the network is there already."""
        return 0 if self.device.type == "cpu" else sum(one.nbytes for one in self.encoder.parameters())

    def largest(self, options: Options, canvas: Size, room: int) -> int:
        """The largest size below the present one that fits; 0: none does."""
        smaller = (
            (size, scaled(options, size, canvas)) for size in range(SMALLEST_SIDE, size_of(options, canvas), _STEP)
        )
        candidates = [(size, one) for size, one in smaller if is_visible(one, self.sizes, self.encoder)]
        fitting = bisect_right(candidates, room, key=lambda candidate: self(candidate[1]))
        return candidates[fitting - 1][0] if fitting else 0


def _ample(options: Options, sizes: Sizes) -> int:
    """Bytes that are surely enough."""
    levels = levels_of(options, sizes.content)
    closures = sum(level.closures for level in levels)
    return _AMPLE * largest_shown(options, sizes) + optimizer_memory(options, levels[-1].size, closures)


def _room(device: torch.device, memory: int | None) -> int | None:
    """Bytes that may still be taken; None: unknown."""
    return available_memory(device) if memory is None else max(0, memory - held_memory(device))


def _gigabytes(amount: int) -> str:
    return f"{amount / _GIGABYTE:.2f} GB"
