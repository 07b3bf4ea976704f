"""Option groups that recipes share. Each field's docstring is its help on the command line."""

from __future__ import annotations

from brushwork.options.groups import (
    SEEDS,
    ContentOptions,
    EncoderOptions,
    Extent,
    Init,
    InitOptions,
    LossOptions,
    Measure,
    OptimizerOptions,
    SizeOptions,
    StyleOptions,
    measured_size,
)
from brushwork.options.validation import SMALLEST_SIDE, check_options, require_min_size, require_option

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
