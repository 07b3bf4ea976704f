"""Terms: one loss a file, each a score of a sum over positions (or, for sorted losses, of the whole map)."""

from __future__ import annotations

from brushwork.terms.content import ContentLoss
from brushwork.terms.covariance import content_guides, window_weights
from brushwork.terms.entry import GramEntryLoss
from brushwork.terms.gaussian import CovarianceLoss, GaussianTarget, GaussianWassersteinLoss, make_gaussian_target
from brushwork.terms.guided import (
    GuidedGramLoss,
    GuidedMeanStdLoss,
    guided_gram_target,
    guided_mean_std_target,
    normalize_guides,
    region_weights,
)
from brushwork.terms.histogram import HistogramLoss, histogram_target
from brushwork.terms.local import LocalGramLoss
from brushwork.terms.patches import MRFLoss
from brushwork.terms.projected import ProjectedGramLoss, principal_directions
from brushwork.terms.shifted import ShiftedGramLoss, shifted_target
from brushwork.terms.sliced import SlicedWassersteinLoss
from brushwork.terms.smooth import TotalVariationLoss
from brushwork.terms.spread import MeanStdLoss
from brushwork.terms.style import GramLoss
from brushwork.terms.term import AnyLoss, Loss, NonAdditiveLoss, add_summary

__all__ = [
    "AnyLoss",
    "ContentLoss",
    "CovarianceLoss",
    "GaussianTarget",
    "GaussianWassersteinLoss",
    "GramEntryLoss",
    "GramLoss",
    "GuidedGramLoss",
    "GuidedMeanStdLoss",
    "HistogramLoss",
    "LocalGramLoss",
    "Loss",
    "MRFLoss",
    "MeanStdLoss",
    "NonAdditiveLoss",
    "ProjectedGramLoss",
    "ShiftedGramLoss",
    "SlicedWassersteinLoss",
    "TotalVariationLoss",
    "add_summary",
    "content_guides",
    "guided_gram_target",
    "guided_mean_std_target",
    "histogram_target",
    "make_gaussian_target",
    "normalize_guides",
    "principal_directions",
    "region_weights",
    "shifted_target",
    "window_weights",
]
