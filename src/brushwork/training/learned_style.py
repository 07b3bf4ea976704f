"""The style that is learned: that of one painting, or of several together, as large as it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from brushwork.perception import Encoder
from brushwork.picture.resample import fit_size, resize
from brushwork.picture.window import Size
from brushwork.recipes.options import require_min_size
from brushwork.style import Style, blend_styles
from brushwork.training.style_options import DataOptions
from brushwork.types import Image


def make_style_target(styles: Sequence[Image], options: DataOptions, encoder: Encoder, layers: Iterable[str]) -> Style:
    """The blend of the paintings' moments at some layers; a layer may be named twice.

    Raises: InputError: no painting, one that is too small, or layers that the network does not have.
    """
    taps = tuple(dict.fromkeys(layers))
    for style in styles:
        require_min_size(style, "a painting")
    scaled = [resize(one, fit_size(Size.of(one), options.style_size, measure="short"), clamp=True) for one in styles]
    return blend_styles([Style.of(one, encoder, taps) for one in scaled], options.style_blend or None)
