"""The network that looks at pictures: architectures, weights, and their normalization."""

from __future__ import annotations

from brushwork.perception.encoder import PIXELS, Encoder, LayerGeometry
from brushwork.perception.load import load_encoder
from brushwork.perception.normalize import normalize_activations
from brushwork.perception.vgg import Padding, Pooling
from brushwork.perception.weights import WeightState, fetch_weights, import_weights, weight_sets, weight_state

__all__ = [
    "PIXELS",
    "Encoder",
    "LayerGeometry",
    "Padding",
    "Pooling",
    "WeightState",
    "fetch_weights",
    "import_weights",
    "load_encoder",
    "normalize_activations",
    "weight_sets",
    "weight_state",
]
