"""Losses: each a score of a sum over positions, or a function of the full feature map (sorted losses)."""

from __future__ import annotations

from brushwork.losses.content import ContentLoss
from brushwork.losses.distribution import HistogramLoss, SlicedWassersteinLoss, histogram_target
from brushwork.losses.gram import (
    GramEntryLoss,
    GramLoss,
    ProjectedGramLoss,
    ShiftedGramLoss,
    principal_directions,
    shifted_target,
)
from brushwork.losses.guided import (
    GuidedGramLoss,
    GuidedMeanStdLoss,
    guided_gram_target,
    guided_mean_std_target,
    normalize_guides,
    region_weights,
)
from brushwork.losses.local_gram import LocalGramLoss, content_guides, window_weights
from brushwork.losses.loss import AnyLoss, Loss, NonAdditiveLoss, add_summary
from brushwork.losses.moment_matching import (
    CovarianceLoss,
    GaussianTarget,
    GaussianWassersteinLoss,
    MeanStdLoss,
    make_gaussian_target,
)
from brushwork.losses.mrf import MRFLoss
from brushwork.losses.total_variation import TotalVariationLoss

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
