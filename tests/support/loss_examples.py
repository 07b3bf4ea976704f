"""One or more examples of every loss term in the package, with the features they are tried on."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import torch

import brushwork.losses
from brushwork.images.geometry import Size
from brushwork.losses import (
    GuidedGramLoss,
    GuidedMeanStdLoss,
    guided_gram_target,
    guided_mean_std_target,
    normalize_guides,
    region_weights,
)
from brushwork.losses.content import ContentLoss
from brushwork.losses.distribution import HistogramLoss, SlicedWassersteinLoss, histogram_target
from brushwork.losses.gram import GramLoss
from brushwork.losses.gram_variants import (
    GramEntryLoss,
    ProjectedGramLoss,
    ShiftedGramLoss,
    principal_directions,
    shifted_target,
)
from brushwork.losses.hypercolumns import HypercolumnLoss
from brushwork.losses.local_gram import LocalGramLoss, content_guides, window_weights
from brushwork.losses.moment_matching import CovarianceLoss, GaussianWassersteinLoss, MeanStdLoss, make_gaussian_target
from brushwork.losses.mrf import MRFLoss
from brushwork.losses.neighbors import NeighborsLoss
from brushwork.losses.newton_schulz import NewtonSchulzWassersteinLoss
from brushwork.losses.temporal import TemporalLoss
from brushwork.losses.total_variation import JointVariationLoss, NinePointVariationLoss, TotalVariationLoss

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


def _guided_gram() -> GuidedGramLoss:
    guides, painted = (normalize_guides(_masks(seed, *size)) for seed, size in ((20, (HEIGHT, WIDTH)), (21, (8, 10))))
    target = guided_gram_target(_painting(), painted)
    return GuidedGramLoss("t", guides, target, 0.1, region_weights(guides, painted))


def _guided_spread() -> GuidedMeanStdLoss:
    guides, painted = _masks(22, HEIGHT, WIDTH), _masks(23, 8, 10)
    mean, std = guided_mean_std_target(_painting(), painted)
    return GuidedMeanStdLoss("t", guides, mean, std, 0.3, region_weights(guides, painted), std_weight=0.7)


def _style_content_covariance() -> GuidedGramLoss:
    weights = window_weights(1)
    guides = content_guides(feature(24, 6, 7)[:1, :4], Size(HEIGHT, WIDTH), weights)
    painted = content_guides(feature(25, 4, 5)[:1, :4], Size(8, 10), weights)
    target = guided_gram_target(_painting(), painted)
    return GuidedGramLoss("t", guides, target, 0.1, torch.ones(4, dtype=torch.float64))


def _local(half: int) -> LocalGramLoss:
    weights = feature(30 + half, 1, 2 * half + 1)[0, 0, 0]
    return LocalGramLoss("t", _target(), weights / weights.sum(), 0.5)


def _turned() -> torch.Tensor:
    return _painting().rot90(1, (2, 3)).contiguous()


EXAMPLES = {
    "content": ContentLoss("t", _target(), 0.5),
    "gram": GramLoss("t", _gram(), 0.1),
    "spread": MeanStdLoss("t", _target().mean((2, 3)), _target().std((2, 3)), 0.3),
    "means alone": MeanStdLoss("t", _target().mean((2, 3)), _target().std((2, 3)), 0.3, std_weight=0.0),
    "projected": ProjectedGramLoss("t", *principal_directions(_painting(), 3), 0.1),
    "temporal": TemporalLoss(_target(), _masks(33, HEIGHT, WIDTH)[None, :1], 0.5, layer="t"),
    "squares": TotalVariationLoss(2, 0.3, 0.7),
    "absolute": TotalVariationLoss(1, 0.3, 0.7),
    "paired": TotalVariationLoss(2, 0.5, 0.5, paired=True),
    "joint": JointVariationLoss(1.25, 0.3),
    "nine points": NinePointVariationLoss("t"),
    "entries up": GramEntryLoss("t", ((0, 0), (1, 3)), 0.5),
    "entry down": GramEntryLoss("t", ((4, 2),), 0.5, "down"),
    "shifted": ShiftedGramLoss("t", shifted_target(_painting(), 1.0), 0.1, zero=1.0),
    "neighbors": ShiftedGramLoss("t", shifted_target(_painting(), offset=(-2, 1)), 0.1, offset=(-2, 1)),
    "covariance": CovarianceLoss("t", make_gaussian_target(_painting()), 0.2, mean_weight=0.5),
    "gaussians": GaussianWassersteinLoss("t", make_gaussian_target(_painting()), 0.2),
    "gaussians by steps": NewtonSchulzWassersteinLoss("t", make_gaussian_target(_painting()), 0.2),
    "covariance of a part": CovarianceLoss(
        "t", make_gaussian_target(_painting()), 0.2, guide=_masks(26, HEIGHT, WIDTH)[:1]
    ),
    "gaussians of a part": GaussianWassersteinLoss(
        "t", make_gaussian_target(_painting()), 0.2, _masks(27, HEIGHT, WIDTH)[:1]
    ),
    "guided": _guided_gram(),
    "guided spread": _guided_spread(),
    "style-content covariance": _style_content_covariance(),
    "local 0": _local(0),
    "local 1": _local(1),
    "local 2": _local(2),
    "patches": MRFLoss("t", (_painting(), _turned()), 0.1),
    "patches of stride 2": MRFLoss("t", (_painting(),), 0.1, stride=2),
    "larger patches": MRFLoss("t", (_painting(),), 0.1, stride=3, halo=2),
}

WHOLE_EXAMPLES = {
    "sliced": SlicedWassersteinLoss("t", _painting(), 0.5),
    "sliced, few": SlicedWassersteinLoss("t", _target(), 0.5, count=3, seed=7, step=2),
    "histogram": HistogramLoss("t", histogram_target(_painting()), 0.2),
    "sliced, some cells": SlicedWassersteinLoss("t", _painting(), 0.5, positions=_masks(28, HEIGHT, WIDTH)[0] > 0.4),
    "neighbors": NeighborsLoss("t", _painting()[0].flatten(1), 0.5),
    "neighbors, some cells": NeighborsLoss("t", _painting()[0].flatten(1), 0.5, seed=3, step=1, queries=40),
    "hypercolumns": HypercolumnLoss("t", feature(34, 4, 5)[:1], 0.3),
    "histogram, some cells": HistogramLoss("t", histogram_target(_painting()), 0.2, _masks(29, HEIGHT, WIDTH)[0] > 0.6),
}
"""Terms that are not sums over positions."""


def has_map(term: object) -> bool:
    """Whether a term holds something cell by cell: it wants features of that very size."""
    held = vars(term).values()
    return any(isinstance(value, torch.Tensor) and value.shape[-2:] == (HEIGHT, WIDTH) for value in held)


def term_classes() -> set[type]:
    """Every class of brushwork.losses that summarizes or scores, found by looking."""
    found = set()
    for module in pkgutil.iter_modules(brushwork.losses.__path__, "brushwork.losses."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            scores = hasattr(member, "summarize") or hasattr(member, "score_whole")
            if scores and not getattr(member, "_is_protocol", False):
                found.add(member)
    return found
