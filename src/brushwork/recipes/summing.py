"""Sums over a painting, at once or as the share says."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size, Window
from brushwork.recipes.share import Share
from brushwork.terms.term import Sum
from brushwork.types import Image, Summaries


@torch.no_grad()
def sums_over(painting: Image, encoder: Encoder, sums: Mapping[str, Sum], share: Share) -> Summaries:
    """Named sums over a whole painting; tile by tile and on many machines, where the share looks so."""
    if share.summed is not None:
        return share.summed(encoder, sums, painting)
    features = encoder(painting, dict.fromkeys(one.tap for one in sums.values()))
    return {
        name: one.summarize(features[one.tap], Window.whole(Size.of(features[one.tap]))) for name, one in sums.items()
    }
