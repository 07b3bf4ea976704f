"""One or more examples of every term of the house, with the features they are tried on."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import torch

import brushwork.terms
from brushwork.terms.content import Content
from brushwork.terms.smooth import TotalVariation
from brushwork.terms.spread import MeanStd
from brushwork.terms.style import GramStyle

BATCH, CHANNELS, HEIGHT, WIDTH = 2, 5, 11, 13


def feature(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(BATCH, CHANNELS, height, width, generator=generator, dtype=torch.float64)


def _target() -> torch.Tensor:
    return feature(1)[:1]


def _gram() -> torch.Tensor:
    columns = _target().flatten(2)
    return columns @ columns.mT / columns.shape[-1]


EXAMPLES = {
    "content": Content("t", _target(), 0.5),
    "gram": GramStyle("t", _gram(), 0.1),
    "spread": MeanStd("t", _target().mean((2, 3)), _target().std((2, 3)), 0.3),
    "squares": TotalVariation(2, 0.3, 0.7),
    "absolute": TotalVariation(1, 0.3, 0.7),
    "paired": TotalVariation(2, 0.5, 0.5, paired=True),
}


def term_classes() -> set[type]:
    """Every class of brushwork.terms that summarizes, found by looking."""
    found = set()
    for module in pkgutil.iter_modules(brushwork.terms.__path__, "brushwork.terms."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if hasattr(member, "summarize") and not getattr(member, "_is_protocol", False):
                found.add(member)
    return found
