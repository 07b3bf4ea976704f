"""What is looked at, whether tile by tile or row after row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from brushwork.evaluate.layout import Layout
from brushwork.perception.encoder import Encoder
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
