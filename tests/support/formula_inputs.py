"""Features to try the experiments' formulas on."""

from __future__ import annotations

import numpy as np
import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses.loss import NonAdditiveLoss

CHANNELS = 4


def feature(seed, *size, channels=CHANNELS):
    """One picture's features, as skewed as rectified ones."""
    return torch.from_numpy(np.random.default_rng(seed).gamma(1.0, 3.0, size=(1, channels, *size)))


def plain(tensor):
    """The single picture as numpy."""
    return tensor.detach()[0].numpy()


def loss(term, own):
    """The loss of the whole map, a number."""
    if isinstance(term, NonAdditiveLoss):
        return term.score_whole(own).item()
    return term.score(term.summarize(own, Window.whole(Size.of(own)))).item()
