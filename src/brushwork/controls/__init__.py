"""Controls shared by optimization and feed-forward stylization: color, masks, style scale, style files."""

from __future__ import annotations

from brushwork.controls.inputs import RecipeInputs, StyleRegion
from brushwork.controls.style_file import StyleFile, blend_style_files

__all__ = ["RecipeInputs", "StyleFile", "StyleRegion", "blend_style_files"]
