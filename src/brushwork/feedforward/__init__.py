"""Feed-forward style transfer: trained networks and AdaIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.feedforward.adain_transfer import AdaINStylizer, transfer_adain
    from brushwork.feedforward.inference import PartialResult, Stylizer, run_stylizer
    from brushwork.feedforward.model import StyleModel, load_model
    from brushwork.feedforward.model_info import ModelInfo, read_model_info
    from brushwork.feedforward.model_lookup import BUNDLED_MODELS, find_model_file, list_models, user_models_folder
    from brushwork.feedforward.onnx_export import export_onnx
    from brushwork.feedforward.options import (
        AdaINOptions,
        FeedForwardOptions,
        ModelOptions,
        StylizeOptions,
        TextureModelOptions,
    )
    from brushwork.feedforward.stylize import ModelStylizer
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "BUNDLED_MODELS",
    "AdaINOptions",
    "AdaINStylizer",
    "FeedForwardOptions",
    "ModelInfo",
    "ModelOptions",
    "ModelStylizer",
    "PartialResult",
    "StyleModel",
    "StylizeOptions",
    "Stylizer",
    "TextureModelOptions",
    "export_onnx",
    "find_model_file",
    "list_models",
    "load_model",
    "read_model_info",
    "run_stylizer",
    "transfer_adain",
    "user_models_folder",
]
