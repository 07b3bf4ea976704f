"""Option groups that recipes share. Each field's docstring is its help on the command line."""

from __future__ import annotations

from brushwork.options.groups import (
    SEEDS,
    CanvasOptions,
    EncoderOptions,
    Extent,
    Init,
    InitOptions,
    Measure,
    SizeOptions,
    measured_size,
)
from brushwork.options.loss_groups import ContentOptions, LossOptions, StyleOptions
from brushwork.options.method import METHODS, MethodOptions, ScheduleLevel, register, require_options
from brushwork.options.optimizer import OptimizerOptions
from brushwork.options.validation import (
    SMALLEST_SIDE,
    check_options,
    name_given,
    parse_size,
    require_callback,
    require_enough_pixels,
    require_interval,
    require_option,
)

__all__ = [
    "METHODS",
    "SEEDS",
    "SMALLEST_SIDE",
    "CanvasOptions",
    "ContentOptions",
    "EncoderOptions",
    "Extent",
    "Init",
    "InitOptions",
    "LossOptions",
    "Measure",
    "MethodOptions",
    "OptimizerOptions",
    "ScheduleLevel",
    "SizeOptions",
    "StyleOptions",
    "check_options",
    "measured_size",
    "name_given",
    "parse_size",
    "register",
    "require_callback",
    "require_enough_pixels",
    "require_interval",
    "require_option",
    "require_options",
]
