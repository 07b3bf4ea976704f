"""Recipes: frozen options, and short compositions of the parts below."""

from __future__ import annotations

from brushwork.recipes.coarse_to_fine import Level, Progress, Saved
from brushwork.recipes.presets import PRESETS, WHOSE, preset
from brushwork.recipes.recipe import Options, Pictures, finish, plan, run, taps
from brushwork.recipes.reconstruct import ReconstructContent, reconstruct_content
from brushwork.recipes.texture import Texture, texture
from brushwork.recipes.transfer import Transfer, transfer

__all__ = [
    "PRESETS",
    "WHOSE",
    "Level",
    "Options",
    "Pictures",
    "Progress",
    "ReconstructContent",
    "Saved",
    "Texture",
    "Transfer",
    "finish",
    "plan",
    "preset",
    "reconstruct_content",
    "run",
    "taps",
    "texture",
    "transfer",
]
