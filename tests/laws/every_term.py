"""One or more examples of every term of the house, with the features they are tried on."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import torch

import brushwork.terms
from brushwork.picture.window import Size
from brushwork.terms.content import Content
from brushwork.terms.covariance import content_guides, window_weights
from brushwork.terms.entry import GramEntry
from brushwork.terms.gaussian import CovarianceStyle, GaussianWasserstein, gaussian_target
from brushwork.terms.guided import (
    GuidedGram,
    GuidedMeanStd,
    guided_gram_target,
    guided_spread_target,
    normalized_guides,
    region_shares,
)
from brushwork.terms.histogram import Histogram, histogram_target
from brushwork.terms.local import LocalStyle
from brushwork.terms.patches import NearestPatch
from brushwork.terms.projected import ProjectedGram, principal_directions
from brushwork.terms.shifted import ShiftedGram, shifted_target
from brushwork.terms.sliced import SlicedWasserstein
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


def _painting() -> torch.Tensor:
    """Of another size than the map."""
    return feature(9, 8, 10)[:1]


def _masks(seed: int, height: int, width: int) -> torch.Tensor:
    """Two soft regions, and one that is empty."""
    masks = feature(seed, height, width)[0, :3]
    masks[2] = 0
    return masks


def _guided_gram() -> GuidedGram:
    guides, painted = (normalized_guides(_masks(seed, *size)) for seed, size in ((20, (HEIGHT, WIDTH)), (21, (8, 10))))
    target = guided_gram_target(_painting(), painted)
    return GuidedGram("t", guides, target, 0.1, region_shares(guides, painted))


def _guided_spread() -> GuidedMeanStd:
    guides, painted = _masks(22, HEIGHT, WIDTH), _masks(23, 8, 10)
    mean, std = guided_spread_target(_painting(), painted)
    return GuidedMeanStd("t", guides, mean, std, 0.3, region_shares(guides, painted), std_share=0.7)


def _style_content_covariance() -> GuidedGram:
    weights = window_weights(1)
    guides = content_guides(feature(24, 6, 7)[:1, :4], Size(HEIGHT, WIDTH), weights)
    painted = content_guides(feature(25, 4, 5)[:1, :4], Size(8, 10), weights)
    target = guided_gram_target(_painting(), painted)
    return GuidedGram("t", guides, target, 0.1, torch.ones(4, dtype=torch.float64))


def _local(half: int) -> LocalStyle:
    weights = feature(30 + half, 2 * half + 1, 2 * half + 1)[0, 0]
    return LocalStyle("t", _target(), weights / weights.sum(), 0.5)


def _turned() -> torch.Tensor:
    return _painting().rot90(1, (2, 3)).contiguous()


EXAMPLES = {
    "content": Content("t", _target(), 0.5),
    "gram": GramStyle("t", _gram(), 0.1),
    "spread": MeanStd("t", _target().mean((2, 3)), _target().std((2, 3)), 0.3),
    "means alone": MeanStd("t", _target().mean((2, 3)), _target().std((2, 3)), 0.3, std_share=0.0),
    "projected": ProjectedGram("t", *principal_directions(_painting(), 3), 0.1),
    "squares": TotalVariation(2, 0.3, 0.7),
    "absolute": TotalVariation(1, 0.3, 0.7),
    "paired": TotalVariation(2, 0.5, 0.5, paired=True),
    "entries up": GramEntry("t", ((0, 0), (1, 3)), 0.5),
    "entry down": GramEntry("t", ((4, 2),), 0.5, "down"),
    "shifted": ShiftedGram("t", shifted_target(_painting(), 1.0), 0.1, zero=1.0),
    "neighbors": ShiftedGram("t", shifted_target(_painting(), offset=(-2, 1)), 0.1, offset=(-2, 1)),
    "covariance": CovarianceStyle("t", gaussian_target(_painting()), 0.2, mean_share=0.5),
    "gaussians": GaussianWasserstein("t", gaussian_target(_painting()), 0.2),
    "covariance of a part": CovarianceStyle(
        "t", gaussian_target(_painting()), 0.2, guide=_masks(26, HEIGHT, WIDTH)[:1]
    ),
    "gaussians of a part": GaussianWasserstein("t", gaussian_target(_painting()), 0.2, _masks(27, HEIGHT, WIDTH)[:1]),
    "guided": _guided_gram(),
    "guided spread": _guided_spread(),
    "style-content covariance": _style_content_covariance(),
    "local 0": _local(0),
    "local 1": _local(1),
    "local 2": _local(2),
    "patches": NearestPatch("t", (_painting(), _turned()), 0.1),
    "patches of stride 2": NearestPatch("t", (_painting(),), 0.1, stride=2),
    "larger patches": NearestPatch("t", (_painting(),), 0.1, stride=3, reach=2),
}

WHOLE_EXAMPLES = {
    "sliced": SlicedWasserstein("t", _painting(), 0.5),
    "sliced, few": SlicedWasserstein("t", _target(), 0.5, count=3, seed=7, step=2),
    "histogram": Histogram("t", histogram_target(_painting()), 0.2),
    "sliced, some cells": SlicedWasserstein("t", _painting(), 0.5, cells=_masks(28, HEIGHT, WIDTH)[0] > 0.4),
    "histogram, some cells": Histogram("t", histogram_target(_painting()), 0.2, _masks(29, HEIGHT, WIDTH)[0] > 0.6),
}
"""Terms that are no sum over positions."""


def has_map(term: object) -> bool:
    """Whether a term holds something cell by cell: it wants features of that very size."""
    held = vars(term).values()
    return any(isinstance(value, torch.Tensor) and value.shape[-2:] == (HEIGHT, WIDTH) for value in held)


def term_classes() -> set[type]:
    """Every class of brushwork.terms that summarizes or scores, found by looking."""
    found = set()
    for module in pkgutil.iter_modules(brushwork.terms.__path__, "brushwork.terms."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            scores = hasattr(member, "summarize") or hasattr(member, "score_whole")
            if scores and not getattr(member, "_is_protocol", False):
                found.add(member)
    return found
