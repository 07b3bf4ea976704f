"""Recipes: style transfer, texture synthesis, reconstruction and MDAN, each with its options."""

from __future__ import annotations

from brushwork.recipes.mdan import transfer_mdan
from brushwork.recipes.multiscale import Progress, ResumeState, ScheduleLevel
from brushwork.recipes.options import MDANOptions, ReconstructionOptions, TextureOptions, TransferOptions
from brushwork.recipes.presets import PRESETS, WHOSE, load_preset
from brushwork.recipes.reconstruction import reconstruct
from brushwork.recipes.registry import RecipeOptions, encoded_layers, postprocess, run_recipe, schedule
from brushwork.recipes.style_extraction import extract_style
from brushwork.recipes.style_transfer import transfer
from brushwork.recipes.texture_synthesis import synthesize_texture

__all__ = [
    "PRESETS",
    "WHOSE",
    "MDANOptions",
    "Progress",
    "RecipeOptions",
    "ReconstructionOptions",
    "ResumeState",
    "ScheduleLevel",
    "TextureOptions",
    "TransferOptions",
    "encoded_layers",
    "extract_style",
    "load_preset",
    "postprocess",
    "reconstruct",
    "run_recipe",
    "schedule",
    "synthesize_texture",
    "transfer",
    "transfer_mdan",
]
