"""A model by its name, or one style of it: what the measurements beside this file take as MODEL or MODEL:STYLE."""

from __future__ import annotations

from typing import Any

from brushwork.feedforward.options import ModelOptions


def model_options(name: str, **others: Any) -> ModelOptions:
    """The options for MODEL, or for one style of a model that has several (gallery:wave)."""
    model, _, style = name.partition(":")
    return ModelOptions(model=model, style=(style,) if style else (), **others)
