"""Neural style transfer: paint any photograph in the style of any painting, as described in the papers.

    import brushwork

    brushwork.paint("photo.jpg", "painting.jpg", output="painted.png")

The names below are the whole public API. Each is imported on first use, so that `import brushwork` is instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports
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
    from brushwork.feedforward.model import StyleModel, load_model, save_model
    from brushwork.feedforward.model_lookup import list_models
    from brushwork.feedforward.options import ModelOptions, TextureModelOptions
    from brushwork.feedforward.stylize import stylize
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
    from brushwork.jobs import Job, job_from_image, paint, plan_job
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
        synthesize_texture,
        transfer,
        transfer_mdan,
    )
    from brushwork.style import Style, blend_styles
    from brushwork.training import train
    from brushwork.training.tasks.gallery_options import GalleryTrainingOptions, StyleTrainingOptions
    from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
    from brushwork.training.tasks.mgan_options import MGANTrainingOptions
    from brushwork.training.tasks.super_resolution_options import SuperResolutionTrainingOptions
    from brushwork.training.tasks.texture_net_options import TextureNetTrainingOptions
    from brushwork.types import LossValues
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

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
    "GalleryTrainingOptions",
    "GramLoss",
    "InputError",
    "Job",
    "JohnsonTrainingOptions",
    "LoadedImage",
    "Loss",
    "LossValues",
    "MDANOptions",
    "MGANTrainingOptions",
    "MeanStdLoss",
    "Metrics",
    "ModelOptions",
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
    "StyleModel",
    "StyleTrainingOptions",
    "SuperResolutionTrainingOptions",
    "TextureModelOptions",
    "TextureNetTrainingOptions",
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
    "job_from_image",
    "list_models",
    "load_encoder",
    "load_model",
    "load_preset",
    "minimize",
    "normalize_activations",
    "paint",
    "plan_job",
    "read_image",
    "read_metadata",
    "reconstruct",
    "resize",
    "run_recipe",
    "save_model",
    "stylize",
    "synthesize_texture",
    "train",
    "transfer",
    "transfer_adain",
    "transfer_mdan",
    "write_image",
]
