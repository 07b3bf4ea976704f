"""Losses: each is a score of a sum over positions, or a function of the full feature map (such as sorted losses)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.losses.content import ContentLoss
    from brushwork.losses.distribution import HistogramLoss, SlicedWassersteinLoss, histogram_target
    from brushwork.losses.gram import GramLoss, GuidedGramLoss
    from brushwork.losses.gram_variants import (
        GramEntryLoss,
        ProjectedGramLoss,
        ShiftedGramLoss,
        principal_directions,
        shifted_target,
    )
    from brushwork.losses.guided_moments import (
        guided_gram_target,
        guided_mean_std_target,
        normalize_guides,
        region_weights,
    )
    from brushwork.losses.hypercolumns import HypercolumnLoss, stack_hypercolumns
    from brushwork.losses.local_gram import LocalGramLoss, content_guides, window_weights
    from brushwork.losses.loss import AnyLoss, Loss, NonAdditiveLoss
    from brushwork.losses.moment_matching import (
        CovarianceLoss,
        GaussianWassersteinLoss,
        GuidedMeanStdLoss,
        MeanStdLoss,
        make_gaussian_target,
    )
    from brushwork.losses.moments import GaussianTarget, LayerStatistics
    from brushwork.losses.mrf import MRFLoss
    from brushwork.losses.neighbors import NeighborsLoss
    from brushwork.losses.newton_schulz import NewtonSchulzWassersteinLoss
    from brushwork.losses.style_loss import StyleLossSpec, register_loss, style_losses
    from brushwork.losses.temporal import TemporalLoss
    from brushwork.losses.total_variation import JointVariationLoss, NinePointVariationLoss, TotalVariationLoss
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

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
    "HypercolumnLoss",
    "JointVariationLoss",
    "LayerStatistics",
    "LocalGramLoss",
    "Loss",
    "MRFLoss",
    "MeanStdLoss",
    "NeighborsLoss",
    "NewtonSchulzWassersteinLoss",
    "NinePointVariationLoss",
    "NonAdditiveLoss",
    "ProjectedGramLoss",
    "ShiftedGramLoss",
    "SlicedWassersteinLoss",
    "StyleLossSpec",
    "TemporalLoss",
    "TotalVariationLoss",
    "content_guides",
    "guided_gram_target",
    "guided_mean_std_target",
    "histogram_target",
    "make_gaussian_target",
    "normalize_guides",
    "principal_directions",
    "region_weights",
    "register_loss",
    "shifted_target",
    "stack_hypercolumns",
    "style_losses",
    "window_weights",
]
