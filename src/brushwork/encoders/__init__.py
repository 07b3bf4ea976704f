"""Pretrained networks that turn an image into features: architectures, weights, normalization."""

from __future__ import annotations

from brushwork.encoders.encoder import PIXELS, Encoder, LayerGeometry
from brushwork.encoders.load import load_encoder
from brushwork.encoders.normalize import normalize_activations
from brushwork.encoders.weights.manage import WeightState, fetch_weights, import_weights, weight_sets, weight_state

__all__ = [
    "PIXELS",
    "Encoder",
    "LayerGeometry",
    "WeightState",
    "fetch_weights",
    "import_weights",
    "load_encoder",
    "normalize_activations",
    "weight_sets",
    "weight_state",
]
