"""Recipes: frozen options, and short compositions of the parts below."""

from __future__ import annotations

from brushwork.recipes.coarse_to_fine import Level, Progress, Saved
from brushwork.recipes.kept_style import KeptStyle, mix_styles
from brushwork.recipes.mdan import Mdan, mdan
from brushwork.recipes.pictures import Pictures
from brushwork.recipes.presets import PRESETS, WHOSE, preset
from brushwork.recipes.recipe import Options, finish, plan, run, taps
from brushwork.recipes.reconstruct import ReconstructContent, reconstruct_content
from brushwork.recipes.regions import Region
from brushwork.recipes.taking import take_style
from brushwork.recipes.texture import Texture, texture
from brushwork.recipes.transfer import Transfer, transfer

__all__ = [
    "PRESETS",
    "WHOSE",
    "KeptStyle",
    "Level",
    "Mdan",
    "Options",
    "Pictures",
    "Progress",
    "ReconstructContent",
    "Region",
    "Saved",
    "Texture",
    "Transfer",
    "finish",
    "mdan",
    "mix_styles",
    "plan",
    "preset",
    "reconstruct_content",
    "run",
    "take_style",
    "taps",
    "texture",
    "transfer",
]
