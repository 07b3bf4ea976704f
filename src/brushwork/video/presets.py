"""Published programs for films, as options."""

from __future__ import annotations

from dataclasses import replace

from brushwork.recipes import TransferOptions, load_preset
from brushwork.video.options import OptimizedFilmOptions

FILM_PRESETS = ("ruder-2016",)


def load_film_preset(name: str) -> tuple[TransferOptions, OptimizedFilmOptions]:
    """Return the options of a frame and of an optimized film; presets for images have the default film options.

    `ruder-2016` is the program of Ruder, Dosovitskiy and Brox (1604.08610) in one pass: content 5, style 100, temporal
    loss 1000 in the network's units, total variation 1e-3, the style image scaled to the area of the frame, L-BFGS.
    First frames start from noise, later ones from the previous one, warped. A frame ends when its loss without total
    variation changes by less than a ten-thousandth from one multiple of 50 iterations to the next.
    Differs: flow by DIS instead of DeepFlow.

    Raises: InputError: the preset is unknown.
    """
    if name not in FILM_PRESETS:
        return load_preset(name), OptimizedFilmOptions()
    method = replace(load_preset("neural-style"), measure="area")
    film = OptimizedFilmOptions(
        first=2000,
        later=1000,
        temporal_weight=1000.0,
        tolerance=1e-4,
        patience=50,
        reliability="ruder",
        warping="ruder",
        stopping="ruder",
    )
    return method, film
