"""Blends of the styles of a model with several styles."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.configs import MultiStyleConfig
from brushwork.options.style_losses import parse_weights
from brushwork.style import normalize_weights


def style_names(model: StyleModel) -> tuple[str, ...]:
    """Return the names of the styles of a model with several styles; none for a model of one style."""
    return model.config.styles if isinstance(model.config, MultiStyleConfig) else ()


def style_blend(model: StyleModel, given: Sequence[str]) -> Tensor | None:
    """Return a weight for each of the model's styles, which sum to 1, from texts such as `wave:0.6`, `starry:0.4`.

    A name alone has weight 1. Return None for a model with only one style, if no names are given.

    Raises: InputError: unknown styles, weights that are not numbers of 0 or more or are all 0, styles given for a model
    that has none, or none given for a model that has several.
    """
    names = style_names(model)
    if not names and given:
        raise InputError(f"{model.name} has a single style, not {' '.join(given)}: remove --style.")
    if not names:
        return None
    if not given and len(names) > 1:
        raise InputError(
            f"{model.name} has {len(names)} styles: choose one or more with --style, of {', '.join(names)}."
        )
    weights = parse_weights(given or names, "style", names)
    return torch.tensor(normalize_weights(len(names), [weights.get(name, 0.0) for name in names]))
