"""Terms: one loss a file, each a score of a sum over positions (or, for sorted losses, of the whole map)."""

from __future__ import annotations

from brushwork.terms.content import Content
from brushwork.terms.covariance import content_guides, window_weights
from brushwork.terms.entry import GramEntry
from brushwork.terms.gaussian import CovarianceStyle, Gaussian, GaussianWasserstein, gaussian_target
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
from brushwork.terms.term import AnyTerm, Term, WholeTerm, add

__all__ = [
    "AnyTerm",
    "Content",
    "CovarianceStyle",
    "Gaussian",
    "GaussianWasserstein",
    "GramEntry",
    "GramStyle",
    "GuidedGram",
    "GuidedMeanStd",
    "Histogram",
    "LocalStyle",
    "MeanStd",
    "NearestPatch",
    "ProjectedGram",
    "ShiftedGram",
    "SlicedWasserstein",
    "Term",
    "TotalVariation",
    "WholeTerm",
    "add",
    "content_guides",
    "gaussian_target",
    "guided_gram_target",
    "guided_spread_target",
    "histogram_target",
    "normalized_guides",
    "principal_directions",
    "region_shares",
    "shifted_target",
    "window_weights",
]
