"""What is looked at, whether tile by tile or row after row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from brushwork.errors import InputError
from brushwork.evaluate.layout import Layout
from brushwork.evaluate.sums import reaches
from brushwork.perception.encoder import PIXELS, Encoder
from brushwork.perception.engines import is_taken
from brushwork.picture.window import Size, Window
from brushwork.terms.term import Sum
from brushwork.types import Image


@dataclass(frozen=True)
class Sight:
    """A network before a picture, or before a part of one."""

    encoder: Encoder
    terms: Mapping[str, Sum]
    image: Image
    own: Window
    """The pixels whose cells are looked at."""
    present: Window
    """Where the image lies in the picture."""
    layout: Layout

    @classmethod
    def on(
        cls, encoder: Encoder, image: Image, own: Window | None, terms: Mapping[str, Sum], taps: Sequence[str] = ()
    ) -> Self:
        """A picture for some terms, and for the features at some taps.

        `own`: a window that begins at multiples of the layout's stride, and ends there or at the border; the image is
        then `layout.outer(own)`. None: the whole picture.

        Raises: InputError: an image of another size.
        """
        own = own or Window.whole(Size.of(image))
        layout = Layout.of(encoder, dict.fromkeys(taps, 0) | reaches(terms), own.of)
        present = layout.outer(own)
        if Size.of(image) != present.size:
            raise InputError(
                f"{own} is to be evaluated, and the picture has {Size.of(image)} pixels: it must be that window with "
                f"its halo, {present.size}."
            )
        return cls(encoder, terms, image, own, present, layout)

    @property
    def streams(self) -> bool:
        """Whether it can be looked at row after row: by the compiled part, and at each cell of a map by itself."""
        return (
            all(lattice.reach == 0 or tap == PIXELS for tap, lattice in self.layout.lattices.items())
            and self.image.shape[0] == 1
            and is_taken(self.image)
            and bool(self.encoder.steps(self.layout.lattices))
        )
