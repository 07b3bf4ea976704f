"""Sums over a painting, at once or as the share says."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size, Window
from brushwork.recipes.share import Partition
from brushwork.terms.term import AdditiveStatistic
from brushwork.types import Image, Summaries


@torch.no_grad()
def sum_over_style(
    style: Image, encoder: Encoder, sums: Mapping[str, AdditiveStatistic], partition: Partition
) -> Summaries:
    """Named sums over a whole painting; tile by tile and on many machines, where the share looks so."""
    if partition.sum_over_image is not None:
        return partition.sum_over_image(encoder, sums, style)
    features = encoder(style, dict.fromkeys(one.layer for one in sums.values()))
    return {
        name: one.summarize(features[one.layer], Window.whole(Size.of(features[one.layer])))
        for name, one in sums.items()
    }
