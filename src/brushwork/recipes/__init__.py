"""Recipes: frozen options, and short compositions of the parts below."""

from __future__ import annotations

from brushwork.recipes.coarse_to_fine import Progress, ResumeState, ScheduleLevel
from brushwork.recipes.kept_style import StyleFile, blend_style_files
from brushwork.recipes.mdan import MDANOptions, transfer_mdan
from brushwork.recipes.pictures import RecipeInputs
from brushwork.recipes.presets import PRESETS, WHOSE, load_preset
from brushwork.recipes.recipe import RecipeOptions, encoded_layers, postprocess, run_recipe, schedule
from brushwork.recipes.reconstruct import ReconstructionOptions, reconstruct
from brushwork.recipes.regions import StyleRegion
from brushwork.recipes.taking import extract_style
from brushwork.recipes.texture import TextureOptions, synthesize_texture
from brushwork.recipes.transfer import TransferOptions, transfer

__all__ = [
    "PRESETS",
    "WHOSE",
    "MDANOptions",
    "Progress",
    "RecipeInputs",
    "RecipeOptions",
    "ReconstructionOptions",
    "ResumeState",
    "ScheduleLevel",
    "StyleFile",
    "StyleRegion",
    "TextureOptions",
    "TransferOptions",
    "blend_style_files",
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
