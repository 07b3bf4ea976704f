"""What painting in one pass needs of memory: at once, or in tiles of which size."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import inf

import torch

from brushwork.errors import OutOfMemory
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.memory import give_back, held_memory, room_on
from brushwork.evaluate.meter import META, Meter
from brushwork.evaluate.plan import LevelPlan, Plan, with_reserve
from brushwork.evaluate.tiled import Tiling
from brushwork.fast.at_once import AtOnce, Brush, canvas_size, strokes
from brushwork.jobs.inputs import Sizes, read_sizes
from brushwork.jobs.job import OnePass
from brushwork.jobs.need import SIDES
from brushwork.picture import Size
from brushwork.recipes import Pictures, Region
from brushwork.recipes.options import SMALLEST_SIDE, measured
from brushwork.types import Image

_AMPLE = 2**12
"""Bytes a pixel that is looked at, some five times what AdaIN takes. Where so much is left, nothing is rehearsed."""

_STEP = 16
"""Pixels between the sizes that are proposed."""

_AMPLE = 2**12
"""Bytes a pixel, four times what VGG-19 up to relu4_1 takes. Where so much is left, nothing is rehearsed, which takes a
second."""

_GIGABYTE = 1e9


@dataclass(frozen=True)
class Rehearsal:
    """The memory that painting in one pass needs on a device, beyond what is held, for pictures of some sizes."""

    sizes: Sizes
    brush: Brush
    device: torch.device
    """`brush` lies on `meta`, as `on_meta` makes it."""

    def __call__(self, options: AtOnce, side: int | None) -> int:
        """Bytes, at once (None) or in tiles of so many pixels a side."""
        with Meter() as meter:
            for _ in strokes(options, _pictures(self.sizes), self.brush, side):
                pass
        return with_reserve(meter.peak, self.device)

    def side(self, options: AtOnce, room: int) -> int | None:
        """The largest tiles that fit, up to those that are fastest; the smallest, where none fit; None: at once."""
        canvas = canvas_size(options, self.sizes.content)
        fastest = self.brush.fastest or max(canvas)
        if max(canvas) <= fastest and (self.is_ample(options, room) or self(options, None) <= room):
            return None
        sides = [side for side in SIDES if side <= min(fastest, max(canvas) - 1)]
        if not sides:
            return None
        return sides[max(0, bisect_right(sides, room, key=lambda side: self(options, side)) - 1)]

    def is_ample(self, options: AtOnce, room: int) -> bool:
        """Whether there is surely enough to paint at once."""
        canvas = canvas_size(options, self.sizes.content)
        seen = canvas.area + sum(max(painting.area, canvas.area) for painting in self.sizes.paintings)
        return _AMPLE * seen <= room

    def largest(self, options: AtOnce, room: int) -> int:
        """The largest size below the present one that fits; 0: none does."""
        canvas = canvas_size(options, self.sizes.content)
        smaller = range(SMALLEST_SIDE, round(measured(canvas, options.measure)), _STEP)
        found = bisect_right(smaller, room, key=lambda size: self(replace(options, size=size), SIDES[0]))
        return smaller[found - 1] if found else 0


def choose_side(
    job: OnePass, sizes: Sizes, brush: Brush, device: torch.device, memory: int | None = None
) -> int | None:
    """The side of the tiles that a job is painted in within `memory` bytes (None: what the machine has); None: at once.

    Raises: OutOfMemory: not even small tiles fit; carries the size that does.
    """
    give_back()
    room, need = room_on(device, memory), Rehearsal(sizes, brush.on_meta(), device)
    if room is None:
        return job.tiling.side if job.tiling else None
    if job.tiling and need(job.options, job.tiling.side) <= room:
        return job.tiling.side
    if _is_ample(room, job, sizes, brush):
        return None
    side = need.side(job.options, room)
    if side is None and need.is_ample(job.options, room):
        return None
    least = need(job.options, side)
    if least > room:
        largest = need.largest(job.options, room)
        remedy = f"take size {largest} or less" if largest else "no size fits; free some, or take another device"
        raise OutOfMemory(
            f"{canvas_size(job.options, sizes.content)} pixels take {least / _GIGABYTE:.2f} GB of memory on {device}, "
            f"and {room / _GIGABYTE:.2f} GB are left: {remedy}.",
            largest or None,
        )
    return side


def _is_ample(room: int, job: OnePass, sizes: Sizes, brush: Brush) -> bool:
    """Whether a job surely fits at once, and is not painted faster in tiles."""
    canvas = canvas_size(job.options, sizes.content)
    largest = max(size.area for size in (canvas, sizes.content, *sizes.paintings))
    return max(canvas) <= (brush.fastest or inf) and _AMPLE * largest <= room


def plan_at_once(job: OnePass, *, memory: int | None = None) -> Plan:
    """Size and peak memory of a job that is painted in one pass. Pictures are only measured, nothing is painted.

    Raises: InputError, WeightsError: as `paint_at_once`.
    """
    device, options, sizes = pick_device(job.device), job.options, read_sizes(job)
    brush = options.brush(device)
    give_back()
    held, room, need = held_memory(device), room_on(device, memory), Rehearsal(sizes, brush.on_meta(), device)
    side = None if room is None else need.side(options, room)
    needed = need(options, side)
    fits = room is None or needed <= room
    return Plan(
        str(device),
        (LevelPlan(canvas_size(options, sizes.content), 0, held + needed, None),),
        None if room is None else room + held,
        None if fits or room is None else need.largest(options, room),
        None if side is None else Tiling(side),
    )


def _pictures(sizes: Sizes) -> Pictures:
    regions = tuple(Region(_picture(own)[0, :1], _picture(other)[0, :1], whose) for own, other, whose in sizes.regions)
    return Pictures(_picture(sizes.content), tuple(map(_picture, sizes.paintings)), None, regions)


def _picture(size: Size) -> Image:
    return torch.empty(1, 3, *size, device=META)
