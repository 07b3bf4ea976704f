"""The experiments by name, one per file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from brushwork.errors import InputError, suggest_names
from brushwork.experiments.experiment import Experiment

EXPERIMENTS: Mapping[str, str] = {
    "fig1": "1508.06576, figure 1: content and style reconstructions, layer by layer",
    "fig2": "1508.06576, figure 2: one photograph in several styles",
    "fig3": "1508.06576, figure 3: layers × ratio of content to style",
    "cvpr": "CVPR 2016, figures 5 to 7: content layers, initial images, photographs as styles",
    "networks": "1602.07188: VGG-19, and VGG-16, AlexNet and GoogLeNet if their weights are installed",
    "starts": "1602.07188: noise, photograph, painting and blends of them as initial images",
    "partial": "1602.07188: low layers as content, high layers as style",
    "gram-entry": "1602.07188: images that maximize one entry of a Gram matrix",
    "gram-statistics": "1602.07188: textures from shuffled Gram matrices",
    "localized": "1602.07188: Gram matrices in a window around every position",
    "covariance": "1602.07188: style tied to the content that it belongs to",
    "light": "1602.07188: illumination and season from one photograph to another",
    "texture": "1505.07376, figures 2 and 3: textures from subsets of layers, fewer parameters, random weights",
    "ruder": "films: noise, the previous frame, the same moved along the flow, and the temporal loss",
    "programs": "1602.07188: the published programs on one pair, under each other's objectives",
}
"""Experiments by name, with their paper and subject."""


def load_experiment(name: str) -> Experiment:
    """Return the experiment with the given name.

    Raises: InputError: there is no such experiment; the message suggests similar names.
    """
    if name not in EXPERIMENTS:
        raise InputError(f"there is no experiment {name!r}. {suggest_names(name, EXPERIMENTS)}")
    found: Experiment = import_module(f"{__name__}.{name.replace('-', '_')}").EXPERIMENT
    return found
