"""Pretrained networks that turn an image into features: architectures, weights, normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.encoders.backends import default_engine, usable_engines
    from brushwork.encoders.encoder import PIXELS, Encoder
    from brushwork.encoders.load import load_encoder
    from brushwork.encoders.native.library import has_matrix_units, load_library
    from brushwork.encoders.normalize import normalize_activations
    from brushwork.encoders.precision import describe_emulation, resolve_precision
    from brushwork.encoders.stages import LayerGeometry
    from brushwork.encoders.weights.cache import cache_folder
    from brushwork.encoders.weights.manage import WeightState, fetch_weights, import_weights, weight_sets, weight_state
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "PIXELS",
    "Encoder",
    "LayerGeometry",
    "WeightState",
    "cache_folder",
    "default_engine",
    "describe_emulation",
    "fetch_weights",
    "has_matrix_units",
    "import_weights",
    "load_encoder",
    "load_library",
    "normalize_activations",
    "resolve_precision",
    "usable_engines",
    "weight_sets",
    "weight_state",
]
