"""`brushwork paint --model`: what belongs to it of painting's options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brushwork.cli.at_once import feedforward_options
from brushwork.cli.options import Given
from brushwork.cli.running import RunFlags
from brushwork.errors import InputError
from brushwork.fast.by_painter import ModelOptions
from brushwork.fast.shelf import find_model_file


def model_options(model: str, given: Given, own: Mapping[str, Any], flags: RunFlags) -> ModelOptions:
    """The options of painting by a painter: its `own`, over those that were given for painting.

    Raises: InputError: no such painter, or a value out of range.
    """
    find_model_file(model)  # unknown names are told before any picture is read
    return feedforward_options(ModelOptions, ModelOptions(), given, {"model": model, **own}, flags)


def require_no_conflicts(model: str, styles: list[str], others: dict[str, bool]) -> None:
    """Refuse what cannot go with a painter.

    Raises: InputError: a painting, or a flag that asks for another way of painting.
    """
    if styles:
        raise InputError(
            f"the painting {styles[0]} and --model {model} were both given: a painter has its own style; leave "
            "one away. (Several photographs to paint: put them into a folder, and give that.)"
        )
    for flag, is_given in others.items():
        if is_given:
            raise InputError(f"{flag} and --model were both given: they are two ways of painting; leave one away.")


def model_stem(model: str) -> str:
    """What results are called after."""
    return Path(model).stem
