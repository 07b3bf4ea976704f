"""What is looked at, whether tile by tile or row after row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from brushwork.evaluate.layout import Layout
from brushwork.perception.encoder import PIXELS, Encoder
from brushwork.perception.engines import is_taken
from brushwork.picture.window import Window
from brushwork.terms.term import Sum
from brushwork.types import Image


@dataclass(frozen=True)
class Sight:
    """A network before a picture, or before a part of one."""

    encoder: Encoder
    terms: Mapping[str, Sum]
    image: Image
    own: Window
    present: Window
    """Where the image lies in the picture."""
    layout: Layout

    @property
    def streams(self) -> bool:
        """Whether it can be looked at row after row: by the compiled part, and at each cell of a map by itself."""
        return (
            all(lattice.reach == 0 or tap == PIXELS for tap, lattice in self.layout.lattices.items())
            and self.image.shape[0] == 1
            and is_taken(self.image)
            and bool(self.encoder.steps(self.layout.lattices))
        )
