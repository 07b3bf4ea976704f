"""Neural style transfer: paint any photograph in the style of any painting, as described in the papers.

    import brushwork

    for progress in brushwork.transfer("photo.jpg", "painting.jpg", brushwork.load_preset("default")):
        print(progress.iterations, "of", progress.budget)
    brushwork.write_image(progress.image, "painted.png")

The names below are the whole public API. Each is imported on first use, so that `import brushwork` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from brushwork._version import __version__

if TYPE_CHECKING:
    from brushwork.controls import RecipeInputs, StyleFile, blend_style_files
    from brushwork.encoders import Encoder, load_encoder, normalize_activations
    from brushwork.errors import (
        BrushworkError,
        DivergedError,
        InputError,
        NotAdditiveError,
        OutOfMemoryError,
        WeightsError,
    )
    from brushwork.feedforward import AdaINOptions, transfer_adain
    from brushwork.gradients import evaluate_whole
    from brushwork.images import (
        LoadedImage,
        Size,
        Window,
        as_image,
        fit_size,
        read_image,
        read_metadata,
        resize,
        write_image,
    )
    from brushwork.losses import ContentLoss, GramLoss, Loss, MeanStdLoss, TotalVariationLoss
    from brushwork.metrics import Evaluator, Metrics, evaluate
    from brushwork.objective import Objective
    from brushwork.optim import LBFGS, Adam, DivergenceGuard, OptimizationStep, PixelParametrization, minimize
    from brushwork.recipes import (
        PRESETS,
        MDANOptions,
        Progress,
        ReconstructionOptions,
        ResumeState,
        TextureOptions,
        TransferOptions,
        extract_style,
        load_preset,
        reconstruct,
        run_recipe,
        schedule,
        synthesize_texture,
        transfer,
        transfer_mdan,
    )
    from brushwork.style import Style, blend_styles
    from brushwork.types import LossValues


_ROOMS = {
    "brushwork.controls": ("RecipeInputs", "StyleFile", "blend_style_files"),
    "brushwork.encoders": ("Encoder", "load_encoder", "normalize_activations"),
    "brushwork.errors": (
        "BrushworkError",
        "DivergedError",
        "InputError",
        "NotAdditiveError",
        "OutOfMemoryError",
        "WeightsError",
    ),
    "brushwork.feedforward": ("AdaINOptions", "transfer_adain"),
    "brushwork.gradients": ("evaluate_whole",),
    "brushwork.images": (
        "LoadedImage",
        "Size",
        "Window",
        "as_image",
        "fit_size",
        "read_image",
        "read_metadata",
        "resize",
        "write_image",
    ),
    "brushwork.losses": ("ContentLoss", "GramLoss", "Loss", "MeanStdLoss", "TotalVariationLoss"),
    "brushwork.metrics": ("Evaluator", "Metrics", "evaluate"),
    "brushwork.objective": ("Objective",),
    "brushwork.optim": ("Adam", "DivergenceGuard", "LBFGS", "OptimizationStep", "PixelParametrization", "minimize"),
    "brushwork.recipes": (
        "MDANOptions",
        "PRESETS",
        "Progress",
        "ReconstructionOptions",
        "ResumeState",
        "TextureOptions",
        "TransferOptions",
        "extract_style",
        "load_preset",
        "reconstruct",
        "run_recipe",
        "schedule",
        "synthesize_texture",
        "transfer",
        "transfer_mdan",
    ),
    "brushwork.style": ("Style", "blend_styles"),
    "brushwork.types": ("LossValues",),
}
"""Public names by the package or module that defines them."""

_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "LBFGS",
    "PRESETS",
    "AdaINOptions",
    "Adam",
    "BrushworkError",
    "ContentLoss",
    "DivergedError",
    "DivergenceGuard",
    "Encoder",
    "Evaluator",
    "GramLoss",
    "InputError",
    "LoadedImage",
    "Loss",
    "LossValues",
    "MDANOptions",
    "MeanStdLoss",
    "Metrics",
    "NotAdditiveError",
    "Objective",
    "OptimizationStep",
    "OutOfMemoryError",
    "PixelParametrization",
    "Progress",
    "RecipeInputs",
    "ReconstructionOptions",
    "ResumeState",
    "Size",
    "Style",
    "StyleFile",
    "TextureOptions",
    "TotalVariationLoss",
    "TransferOptions",
    "WeightsError",
    "Window",
    "__version__",
    "as_image",
    "blend_style_files",
    "blend_styles",
    "evaluate",
    "evaluate_whole",
    "extract_style",
    "fit_size",
    "load_encoder",
    "load_preset",
    "minimize",
    "normalize_activations",
    "read_image",
    "read_metadata",
    "reconstruct",
    "resize",
    "run_recipe",
    "schedule",
    "synthesize_texture",
    "transfer",
    "transfer_adain",
    "transfer_mdan",
    "write_image",
]


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"brushwork has no {name!r}; its public names are in brushwork.__all__.")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
