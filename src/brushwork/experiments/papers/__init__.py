"""The experiments by name, one a file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from brushwork.errors import InputError, suggest_names
from brushwork.experiments.experiment import Experiment

EXPERIMENTS: Mapping[str, str] = {
    "fig1": "content and style reconstructions, layer by layer",
    "fig2": "one photograph in several styles",
    "fig3": "layers × ratio of content to style",
    "cvpr": "content layers, starting points, photographs as styles",
    "networks": "VGG-19, VGG-16, AlexNet and GoogLeNet, as far as their weights are there",
    "starts": "noise, photograph, painting, and what lies between",
    "partial": "low layers as content, high layers as style",
    "gram-entry": "pictures that maximize one entry of a Gram matrix",
    "gram-statistics": "textures from shuffled Gram matrices",
    "localized": "Gram matrices in a window around every cell",
    "covariance": "style tied to the content it belongs to",
    "light": "illumination and season, from one photograph to another",
    "texture": "textures from subsets of layers, fewer numbers, random weights",
    "programs": "the published programs on one pair, under each other's objectives",
}
"""Name → what it shows."""


def load_experiment(name: str) -> Experiment:
    """The experiment of a name.

    Raises: InputError: no such experiment; the message suggests the nearest ones.
    """
    if name not in EXPERIMENTS:
        raise InputError(f"there is no experiment {name!r}. {suggest_names(name, EXPERIMENTS)}")
    found: Experiment = import_module(f"{__name__}.{name.replace('-', '_')}").EXPERIMENT
    return found
