"""The settings that recipes share, in groups. A recipe's options are the groups it needs and its own fields.

Each field's docstring is its help on the command line, in forms and in settings files.
"""

from __future__ import annotations

from brushwork.recipes.options.descending import Descending
from brushwork.recipes.options.requirements import SMALLEST_SIDE, check, require, require_size
from brushwork.recipes.options.seeing import Seeing
from brushwork.recipes.options.sizing import Extent, Measure, Sizing, measured
from brushwork.recipes.options.starting import SEEDS, Start, Starting
from brushwork.recipes.options.weighing import Weighing, WeighingContent, WeighingStyle

__all__ = [
    "SEEDS",
    "SMALLEST_SIDE",
    "Descending",
    "Extent",
    "Measure",
    "Seeing",
    "Sizing",
    "Start",
    "Starting",
    "Weighing",
    "WeighingContent",
    "WeighingStyle",
    "check",
    "measured",
    "require",
    "require_size",
]
