"""Recipes (style transfer, texture synthesis, reconstruction and MDAN), each with its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.options import ScheduleLevel
    from brushwork.recipes.mdan import transfer_mdan
    from brushwork.recipes.mdan_options import MDANOptions
    from brushwork.recipes.multiscale import Progress, ResumeState
    from brushwork.recipes.presets import DESCRIPTIONS, PRESETS, load_preset
    from brushwork.recipes.recipe import RecipeOptions, run_recipe
    from brushwork.recipes.reconstruction import reconstruct
    from brushwork.recipes.reconstruction_options import ReconstructionOptions
    from brushwork.recipes.style_extraction import extract_style, extraction_size
    from brushwork.recipes.style_transfer import transfer
    from brushwork.recipes.texture_options import TextureOptions
    from brushwork.recipes.texture_synthesis import synthesize_texture
    from brushwork.recipes.transfer_options import TransferOptions
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "DESCRIPTIONS",
    "PRESETS",
    "MDANOptions",
    "Progress",
    "RecipeOptions",
    "ReconstructionOptions",
    "ResumeState",
    "ScheduleLevel",
    "TextureOptions",
    "TransferOptions",
    "extract_style",
    "extraction_size",
    "load_preset",
    "reconstruct",
    "run_recipe",
    "synthesize_texture",
    "transfer",
    "transfer_mdan",
]
