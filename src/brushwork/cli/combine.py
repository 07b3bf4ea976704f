"""`brushwork style combine`: a painting that never was, composed as one and painted in the strokes of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.dashes import Picture
from brushwork.cli.layers import settings
from brushwork.cli.options import Given, flags
from brushwork.cli.order import Act, Pipes, order
from brushwork.cli.panels import ConfigFile
from brushwork.cli.perform import perform
from brushwork.cli.running import Running
from brushwork.cli.targets import pictures
from brushwork.errors import InputError
from brushwork.picture import MAX_PIXELS, fit, picture_size
from brushwork.recipes import Texture

COMBINED = Texture(
    picture_size=512,
    measure="long",
    style_layers=("conv1_1", "conv2_1"),
    pooling="max",
    padding="reflect",
    iterations=200,
)
"""Gram matrices up to conv2_1, from the composition on: as the authors of 1611.07865 do (500 closures, relu2_1)."""

if TYPE_CHECKING:
    CombinedFlags: TypeAlias = Given
else:
    CombinedFlags = flags(
        COMBINED,
        without=("size", "start", "grain", "noise", "seed"),
        names={"picture_size": "--size", "style_layers": "--layers"},
        texts={
            "picture_size": "Size of the result, and at which the strokes are looked at, as `measure` says.",
            "style_layers": "Layers whose Gram matrices are the strokes: deeper ones have larger strokes.",
        },
    )


def combine(
    composition: Picture,
    strokes: Picture,
    /,
    *,
    config: ConfigFile = None,
    running: Running = Running(),  # noqa: B008
    given: Annotated[CombinedFlags, Parameter(name="*")] = {},  # noqa: B006
    act: Annotated[Act, Parameter(parse=False)] = perform,
) -> int:
    """Make a painting with the composition of one painting and the strokes of another, to paint photographs after.

    `brushwork style combine composition.jpg strokes.jpg -o new.png`, then `brushwork paint photo.jpg new.png`.

    Parameters
    ----------
    composition
        The painting whose shapes and colors at large are kept; it is begun with.
    strokes
        The painting whose fine texture is taken.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    options = settings(COMBINED, given)
    with Pipes() as pipes:
        files = pictures([pipes.source(name) for name in (composition, strokes)])
        if len(files) > len((composition, strokes)):
            raise InputError("combine takes two pictures, and a folder was given: name the files.")
        coarse, fine = files
        own = picture_size(coarse, max_pixels=running.max_pixels or MAX_PIXELS)
        canvas = fit(own, options.picture_size, by=options.measure)
        sized = replace(options, size=f"{canvas.width}x{canvas.height}")
        asked = [(fine, (), f"{coarse.stem}-in-{fine.stem}")]
        return act(order(sized, asked, running, pipes, many=False, start=coarse))
