"""Taking the style out of a painting, to be kept."""

from __future__ import annotations

from brushwork.errors import InputError
from brushwork.perception import Encoder
from brushwork.picture.read import Source
from brushwork.picture.window import Size
from brushwork.recipes.coarse_to_fine import levels
from brushwork.recipes.kept_style import KeptStyle, Seen
from brushwork.recipes.pictures import Pictures
from brushwork.recipes.scales import style_pixels, style_size
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.subject import Subject
from brushwork.recipes.transfer import Transfer


def take_style(painting: Source, options: Transfer, source: str, *, encoder: Encoder | None = None) -> KeptStyle:
    """Take the style out of a painting, as a transfer with these options sees it at each of its sizes.

    Painting with it is then painting with the painting itself, for any photograph, with the same size and look (sizes
    that measure an area: to a rounding of pixels).
    `source` names the painting.

    Raises: InputError: a painting too small, several scales, or layers that the network does not have.
    """
    given = Pictures.of(painting, what="the painting")
    eye = encoder or encoder_for(options, given.content.device)
    if len(options.style_scale) > 1:
        raise InputError("a style is kept at one style-scale: keep each, and name all of them to paint.")
    (scale,) = options.style_scale
    image = given.to(eye).content
    subject, own = Subject(image, [image], options, eye), Size.of(image)
    taps = tuple(dict.fromkeys(map(eye.tap, (*options.content_layers, *options.style_layers))))
    finest, *coarser = reversed(_sizes(options, own))
    # A long painting may be too small.
    seen = [finest, *(size for size in coarser if min(style_size(options, size, own, scale)) >= eye.smallest(taps))]
    styles = {style_pixels(options, size, scale): subject.style_at(size, taps) for size in reversed(seen)}
    return KeptStyle(source, Seen.of(options, options, eye), style_size(options, finest, own, scale), styles)


def looked_at(painting: Size, options: Transfer) -> Size:
    """The largest size at which `take_style` looks at a painting of a size, at the largest of its scales."""
    return style_size(options, _sizes(options, painting)[-1], painting, max(options.style_scale))


def _sizes(options: Transfer, painting: Size) -> list[Size]:
    """Small to large. Whatever the photograph's proportions, its sizes are among those of a square."""
    square = painting if options.size == "full" else Size(options.size, options.size)
    return [level.size for level in levels(square, options.size, options.measure, options)]
