"""Controls shared by optimization and feed-forward stylization: color, masks, style scale, style files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.controls.inputs import RecipeInputs, StyleRegion
    from brushwork.controls.style_file import StyleFile, blend_style_files
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = ["RecipeInputs", "StyleFile", "StyleRegion", "blend_style_files"]
