"""Feed-forward style transfer: trained networks and AdaIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.feedforward.adain_transfer import AdaINOptions, AdaINStylizer, transfer_adain
    from brushwork.feedforward.inference import (
        FeedForwardOptions,
        PartialResult,
        StylizeOptions,
        Stylizer,
        run_stylizer,
    )
    from brushwork.feedforward.stylize import ModelOptions, ModelStylizer
    from brushwork.feedforward.texture import TextureModelOptions, generate_texture
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "AdaINOptions",
    "AdaINStylizer",
    "FeedForwardOptions",
    "ModelOptions",
    "ModelStylizer",
    "PartialResult",
    "StylizeOptions",
    "Stylizer",
    "TextureModelOptions",
    "generate_texture",
    "run_stylizer",
    "transfer_adain",
]
