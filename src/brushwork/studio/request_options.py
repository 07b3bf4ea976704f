"""The options of a request, checked. The server needs them before a job exists, so nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from brushwork.choices import Quality
from brushwork.errors import InputError, suggest_names
from brushwork.feedforward import AdaINOptions, FeedForwardOptions, ModelOptions
from brushwork.jobs.options_json import options_from_json, options_to_json
from brushwork.recipes import RecipeOptions, load_preset
from brushwork.storage.file_names import is_weights_file
from brushwork.studio.job_request import (
    CARD_ITERATIONS,
    CARD_SIZE,
    DRAFT_SIZE,
    FIRST_SIZE,
    SAMPLE_SIZE,
    PaintingRequest,
)

OF_REQUEST = ("model",)
"""Options that a request has as its own field: a model is a name there, not a file."""


def make_options(request: PaintingRequest) -> RecipeOptions | FeedForwardOptions:
    """Return the options of a request: those of its kind, with the requested changes.

    Raises: InputError: an unknown option, or a value out of range.
    """
    given = dict(request.options)
    base = _base(request, given)
    values = options_to_json(base)
    known = [name for name in values if name not in OF_REQUEST]
    for name in given:
        if name not in known:
            raise InputError(f"there is no option {name!r}. {suggest_names(name, known)}")
    if is_weights_file(str(given.get("network", ""))):  # clients open no files of this machine
        raise InputError(f"network is {given['network']!r}: the studio takes the name of a network, and no file.")
    return options_from_json(base.method, values | given)


def require_options(request: PaintingRequest) -> None:
    """Check the options of a request.

    Raises: InputError: an unknown option, or a value out of range.
    """
    if request.kind != "blend":
        make_options(request)
        return
    strength = request.options.get("strength")
    if request.options.keys() != {"strength"} or not isinstance(strength, int | float) or not 0 <= strength <= 1:
        raise InputError(f"the options are {dict(request.options)}: a mixture has a strength, from 0 to 1.")


def _base(request: PaintingRequest, given: dict[str, Any]) -> RecipeOptions | FeedForwardOptions:
    if request.model is not None:
        # its strokes are too coarse for a small card
        return ModelOptions(model=request.model, size=max(SAMPLE_SIZE, _first_size(request)))
    if request.kind in ("instant", "video") or (request.kind == "card" and given.pop("method", "") == "adain"):
        return AdaINOptions(size=_first_size(request))
    if request.kind in ("draft", "sample", "card"):
        draft = replace(load_preset("default", "draft"), size=_first_size(request))
        return replace(draft, iterations=CARD_ITERATIONS) if request.kind == "card" else draft
    preset, quality = str(given.pop("preset", "default")), str(given.pop("quality", "normal"))
    return load_preset(preset, cast(Quality, quality))


def _first_size(request: PaintingRequest) -> int:
    """Return the size to use if none is requested."""
    return _SIZES.get(request.kind, FIRST_SIZE)


_SIZES: Mapping[str, int] = {"card": CARD_SIZE, "draft": DRAFT_SIZE, "sample": SAMPLE_SIZE}
