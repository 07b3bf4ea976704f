"""What a job will take, without running it."""

from __future__ import annotations

import torch

from brushwork.errors import OutOfMemory
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.memory import give_back, held_memory, room_on
from brushwork.evaluate.plan import LevelPlan, Plan
from brushwork.evaluate.tiled import Tiling
from brushwork.jobs.inputs import Inputs, Sizes, read_sizes
from brushwork.jobs.job import Job
from brushwork.jobs.need import Need, work
from brushwork.jobs.probe import probe
from brushwork.jobs.rehearse import optimizer_memory
from brushwork.jobs.shown import largest_shown, require_visible
from brushwork.perception import Encoder
from brushwork.recipes import Options
from brushwork.recipes import plan as levels_of
from brushwork.recipes.seeing import encoder_for

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
    eye = encoder or encoder_for(options, "cpu", computes_on=device)
    require_visible(options, sizes, eye)
    give_back()
    held, room, levels = held_memory(device), room_on(device, memory), levels_of(options, sizes.content)
    rate, need = None, Need(sizes, eye, device)
    tiling = None if room is None or need(options) <= room else need.tiling(options, room)
    if timed:
        rate = probe(options, len(sizes.paintings), eye.to(device), device)
    plans = tuple(
        LevelPlan(
            size,
            closures,
            held + need(options, tiling, index),
            None if rate is None else rate * size.area * (closures + _TARGETS) * work(options, eye, size, tiling),
        )
        for index, (size, closures) in enumerate(levels)
    )
    fits = room is None or max(one.memory for one in plans) - held <= room
    largest = None if fits or room is None else need.largest(options, levels[-1].size, room)
    return Plan(str(device), plans, None if room is None else room + held, largest, tiling)


def choose_tiling(
    options: Options,
    inputs: Inputs,
    encoder: Encoder,
    device: torch.device,
    memory: int | None = None,
    asked: Tiling | None = None,
) -> Tiling | None:
    """How the network can look at the pictures within `memory` bytes (None: what the machine has): at once (None) if
    possible, else in the largest tiles that fit; but as `asked`, where that fits.

    Raises: OutOfMemory: not even small tiles fit; carries the size that does.
    """
    give_back()
    room, sizes = room_on(device, memory), inputs.sizes
    if room is None or _ample(options, sizes) <= room:
        return asked
    if device.type == "cpu":
        room += inputs.nbytes  # which the need counts, and which are held already
    need = Need(sizes, encoder, device)
    if need(options, asked) <= room:
        return asked
    if asked is not None and need(options) <= room:
        return None
    tiling = need.tiling(options, room)
    if need(options, tiling) > room:
        raise _too_large(need, options, room)
    return tiling


def _too_large(need: Need, options: Options, room: int) -> OutOfMemory:
    canvas = levels_of(options, need.sizes.content)[-1].size
    largest = need.largest(options, canvas, room)
    remedy = f"take size {largest} or less" if largest else "no size fits; free some, or take another device"
    return OutOfMemory(
        f"{canvas} pixels take {_gigabytes(need.least(options))} of memory on {need.device}, and {_gigabytes(room)} "
        f"are left: {remedy}.",
        largest or None,
    )


def _ample(options: Options, sizes: Sizes) -> int:
    """Bytes that are surely enough."""
    levels = levels_of(options, sizes.content)
    closures = sum(level.closures for level in levels)
    return _AMPLE * largest_shown(options, sizes) + optimizer_memory(options, levels[-1].size, closures)


def _gigabytes(amount: int) -> str:
    return f"{amount / _GIGABYTE:.2f} GB"
