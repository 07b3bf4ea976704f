"""The style that is learned: that of one painting, or of several together, as large as it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from brushwork.perception import Encoder
from brushwork.picture.resample import fit, resize
from brushwork.picture.window import Size
from brushwork.recipes.options import require_size
from brushwork.style import Style, blend
from brushwork.training.style_options import Looking
from brushwork.types import Image


def learned_style(paintings: Sequence[Image], options: Looking, encoder: Encoder, layers: Iterable[str]) -> Style:
    """The blend of the paintings' moments at some layers; a layer may be named twice.

    Raises: InputError: no painting, one that is too small, or layers that the network does not have.
    """
    taps = tuple(dict.fromkeys(layers))
    for painting in paintings:
        require_size(painting, "a painting")
    scaled = [resize(one, fit(Size.of(one), options.style_size, by="short"), clamp=True) for one in paintings]
    return blend([Style.of(one, encoder, taps) for one in scaled], options.style_blend or None)
