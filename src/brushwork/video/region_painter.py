"""Paint each region of a film in its own style: whole frames are painted in all styles, and then composed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from brushwork.types import Image
from brushwork.video.analysis import Shot
from brushwork.video.frame_painter import FramePainter, Painted
from brushwork.video.frame_store import PIXELS, StoredFrame, round_image


@dataclass
class RegionPainter:
    """Paints each frame with several painters; the frames of the others are stored beside the first one's.

    Each painter sees its own earlier frames whole, so nothing is missing where a mask moves.
    """

    painters: tuple[FramePainter, ...]
    bits: int

    @property
    def history(self) -> int:
        """See `FramePainter`."""
        return max(one.history for one in self.painters)

    def begin_shot(self, shot: Shot) -> None:
        """See `FramePainter`."""
        for one in self.painters:
            one.begin_shot(shot)

    def paint(self, index: int, stored: Callable[[int], StoredFrame]) -> Painted:
        """Return a frame of the current shot; see `FramePainter`."""
        state: dict[str, Tensor] = {}
        drawn = []
        for number, one in enumerate(self.painters):
            painted = one.paint(index, partial(_read_stored, stored, number))
            state |= {f"{number}:{name}": value for name, value in painted.state.items()}
            if number:
                state[f"{number}:{PIXELS}"] = round_image(painted.image, self.bits)
            drawn.append(painted)
        return Painted(drawn[0].image, state, drawn[0].reliable)


def _read_stored(stored: Callable[[int], StoredFrame], number: int, index: int) -> StoredFrame:
    """Return a stored frame of one of the painters."""
    return region_of(stored(index), number)


def region_of(frame: StoredFrame, number: int) -> StoredFrame:
    """Return the frame of one of the painters, by the painter's number."""
    start = f"{number}:"
    own: Mapping[str, Tensor] = {
        name.removeprefix(start): value for name, value in frame.state.items() if name.startswith(start)
    }
    levels = frame.levels if number == 0 else own[PIXELS]
    return StoredFrame(levels, {name: value for name, value in own.items() if name != PIXELS})


def images_of(frame: StoredFrame, regions: int) -> list[Image]:
    """Return the images of all regions of a frame."""
    if regions < 2:
        return [frame.image]
    return [region_of(frame, number).image for number in range(regions)]
