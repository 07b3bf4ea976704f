"""Neural style transfer: paint any photograph in the style of any painting, as the papers say.

    import brushwork

    for progress in brushwork.transfer("photo.jpg", "painting.jpg", brushwork.preset("default")):
        print(progress.spent, "of", progress.budget)
    brushwork.write_picture(progress.image, "painted.png")

The names below are all that is public. Each is imported when it is first used, so that `import brushwork` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brushwork.canvas import Pixels
    from brushwork.errors import BrushworkError, Diverged, InputError, NotAdditive, OutOfMemory, WeightsError
    from brushwork.evaluate import whole
    from brushwork.fast import Instant, instant
    from brushwork.judging import Judgement, Jury, judge
    from brushwork.objective import Objective
    from brushwork.optimize import LBFGS, Adam, Guard, Step, minimize
    from brushwork.perception import Encoder, load_encoder, normalize_activations
    from brushwork.picture import (
        Picture,
        Size,
        Window,
        as_image,
        fit,
        read_metadata,
        read_picture,
        resize,
        write_picture,
    )
    from brushwork.recipes import (
        PRESETS,
        KeptStyle,
        Mdan,
        Pictures,
        Progress,
        ReconstructContent,
        Saved,
        Texture,
        Transfer,
        mdan,
        mix_styles,
        plan,
        preset,
        reconstruct_content,
        run,
        take_style,
        texture,
        transfer,
    )
    from brushwork.style import Style, blend
    from brushwork.terms import Content, GramStyle, MeanStd, Term, TotalVariation
    from brushwork.types import Losses

__version__ = "0.1.0"

_ROOMS = {
    "brushwork.canvas": ("Pixels",),
    "brushwork.errors": ("BrushworkError", "Diverged", "InputError", "NotAdditive", "OutOfMemory", "WeightsError"),
    "brushwork.evaluate": ("whole",),
    "brushwork.fast": ("Instant", "instant"),
    "brushwork.judging": ("Judgement", "Jury", "judge"),
    "brushwork.objective": ("Objective",),
    "brushwork.optimize": ("Adam", "Guard", "LBFGS", "Step", "minimize"),
    "brushwork.perception": ("Encoder", "load_encoder", "normalize_activations"),
    "brushwork.picture": (
        "Picture",
        "Size",
        "Window",
        "as_image",
        "fit",
        "read_metadata",
        "read_picture",
        "resize",
        "write_picture",
    ),
    "brushwork.recipes": (
        "KeptStyle",
        "Mdan",
        "PRESETS",
        "Pictures",
        "Progress",
        "ReconstructContent",
        "Saved",
        "Texture",
        "Transfer",
        "mdan",
        "mix_styles",
        "plan",
        "preset",
        "reconstruct_content",
        "run",
        "take_style",
        "texture",
        "transfer",
    ),
    "brushwork.style": ("Style", "blend"),
    "brushwork.terms": ("Content", "GramStyle", "MeanStd", "Term", "TotalVariation"),
    "brushwork.types": ("Losses",),
}
"""The public names, by the room that they live in."""

_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "LBFGS",
    "PRESETS",
    "Adam",
    "BrushworkError",
    "Content",
    "Diverged",
    "Encoder",
    "GramStyle",
    "Guard",
    "InputError",
    "Instant",
    "Judgement",
    "Jury",
    "KeptStyle",
    "Losses",
    "Mdan",
    "MeanStd",
    "NotAdditive",
    "Objective",
    "OutOfMemory",
    "Picture",
    "Pictures",
    "Pixels",
    "Progress",
    "ReconstructContent",
    "Saved",
    "Size",
    "Step",
    "Style",
    "Term",
    "Texture",
    "TotalVariation",
    "Transfer",
    "WeightsError",
    "Window",
    "__version__",
    "as_image",
    "blend",
    "fit",
    "instant",
    "judge",
    "load_encoder",
    "mdan",
    "minimize",
    "mix_styles",
    "normalize_activations",
    "plan",
    "preset",
    "read_metadata",
    "read_picture",
    "reconstruct_content",
    "resize",
    "run",
    "take_style",
    "texture",
    "transfer",
    "whole",
    "write_picture",
]


def __getattr__(name: str) -> object:
    """Import a public name from its room."""
    if name not in _HOME:
        raise AttributeError(f"brushwork has no {name!r}; its public names are in brushwork.__all__.")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
