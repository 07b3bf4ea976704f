"""`brushwork style combine`: a painting that never was, composed as one and painted in the strokes of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.dashes import Picture
from brushwork.cli.layers import resolve_options
from brushwork.cli.options import Given, make_flags
from brushwork.cli.order import Execute, StdStreams, make_request
from brushwork.cli.panels import ConfigFile
from brushwork.cli.perform import execute
from brushwork.cli.running import RunFlags
from brushwork.cli.targets import list_images
from brushwork.errors import InputError
from brushwork.picture import MAX_PIXELS, fit_size, image_size
from brushwork.recipes import TextureOptions

COMBINED = TextureOptions(
    picture_size=512,
    measure="long",
    style_layers=("conv1_1", "conv2_1"),
    pooling="max",
    padding="reflect",
    iterations=200,
)
"""Gram matrices up to conv2_1, from the composition on: as the authors of 1611.07865 do (500 iterations, relu2_1)."""

if TYPE_CHECKING:
    CombinedFlags: TypeAlias = Given
else:
    CombinedFlags = make_flags(
        COMBINED,
        without=("size", "init", "init_noise", "noise", "seed"),
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
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[CombinedFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
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
    options = resolve_options(COMBINED, given)
    with StdStreams() as pipes:
        files = list_images([pipes.input_path(name) for name in (composition, strokes)])
        if len(files) > len((composition, strokes)):
            raise InputError("combine takes two pictures, and a folder was given: name the files.")
        coarse, fine = files
        own = image_size(coarse, max_pixels=flags.max_pixels or MAX_PIXELS)
        canvas = fit_size(own, options.picture_size, measure=options.measure)
        sized = replace(options, size=f"{canvas.width}x{canvas.height}")
        runs = [(fine, (), f"{coarse.stem}-in-{fine.stem}")]
        return execute(make_request(sized, runs, flags, pipes, is_batch=False, init=coarse))
