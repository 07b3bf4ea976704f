"""The settings that recipes share, in groups. A recipe's options are the groups it needs and its own fields.

Each field's docstring is its help on the command line, in forms and in settings files.
"""

from __future__ import annotations

from brushwork.recipes.options.descending import OptimizerOptions
from brushwork.recipes.options.requirements import SMALLEST_SIDE, check_options, require_min_size, require_option
from brushwork.recipes.options.seeing import EncoderOptions
from brushwork.recipes.options.sizing import Extent, Measure, SizeOptions, measured_size
from brushwork.recipes.options.starting import SEEDS, Init, InitOptions
from brushwork.recipes.options.weighing import ContentOptions, LossOptions, StyleOptions

__all__ = [
    "SEEDS",
    "SMALLEST_SIDE",
    "ContentOptions",
    "EncoderOptions",
    "Extent",
    "Init",
    "InitOptions",
    "LossOptions",
    "Measure",
    "OptimizerOptions",
    "SizeOptions",
    "StyleOptions",
    "check_options",
    "measured_size",
    "require_min_size",
    "require_option",
]
