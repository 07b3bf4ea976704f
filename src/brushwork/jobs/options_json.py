"""The options of a method as JSON, and back; the names in files of earlier versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, cast, get_origin

from brushwork._lazy import import_modules
from brushwork.errors import InputError, suggest_names
from brushwork.options import METHODS, MethodOptions
from brushwork.options.validation import field_hints

if TYPE_CHECKING:
    from brushwork.jobs.job import JobOptions

OLD_NAMES = {
    "averaging": "ema_decay",
    "boxed": "bounded",
    "coarsest": "min_size",
    "convention": "normalization",
    "finer_share": "iteration_decay",
    "first_move": "initial_step",
    "grain": "init_noise",
    "held_out": "val_images",
    "judge_weight": "adversarial_weight",
    "largest_move": "max_step",
    "mirrored": "mirror",
    "painter": "model",
    "pixel_range": "optimizer_scale",
    "replay": "cuda_graphs",
    "rival_rate": "discriminator_lr",
    "smoothness": "tv_weight",
    "smoothness_form": "tv_form",
    "spread_weight": "moment_weight",
    "start": "init",
    "turns": "rotations",
    "white": "encoder_scale",
}
"""Option names in metadata, checkpoints and style files of earlier versions → their current names."""

OLD_VALUES = {
    "engine": {"nnpack": "auto"},
    "precision": {"half": "fp16"},
    "mixed_precision": {"half": "fp16"},
    "history_storage": {"half": "bf16"},
    "statistics": {"gathered": "exact"},
}
"""Option → its values in earlier versions → its current values."""

OLD_METHODS = {"instant": "adain", "painter": "model", "transfer": "optimize"}
"""Methods in manifests of earlier versions → their current names."""

_OLD_ENTRIES = {
    "closures": "iterations",
    "paintings": "styles",
    "recipe": "method",
    "record": "manifest",
    "spent": "level_iterations",
    "start": "init",
}
"""Entries of manifests, results and checkpoints of earlier versions → their current names."""

ADDED = {"jitter": 0, "detail": 0.0, "iteration_floor": 0.0}
"""Options that records of earlier versions do not have → the value that says what those versions did."""


def rename_old_options(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with their current names and values, from those of any version."""
    renamed = {OLD_NAMES.get(name, name): value for name, value in data.items()}
    return {
        name: OLD_VALUES[name].get(value, value) if name in OLD_VALUES and isinstance(value, str) else value
        for name, value in renamed.items()
    }


def rename_old_entries(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a manifest, a result or a checkpoint under their current names."""
    return {_OLD_ENTRIES.get(name, name): value for name, value in data.items()}


def known_methods() -> Mapping[str, type[MethodOptions]]:
    """Return the options class of every method by its name in manifests: of the recipes and of the networks."""
    import_modules("brushwork.recipes", "\n@register\n")
    import_modules("brushwork.feedforward", "\n@register\n")
    return METHODS


def options_to_json(options: MethodOptions) -> dict[str, Any]:
    """Return every field by name."""
    return asdict(options)


def options_from_json(method: object, data: object) -> JobOptions:
    """Return the options of a named method; the inverse of `options_to_json`.

    Raises: InputError: an unknown method, a missing or an unknown field, or a value that the field does not take.
    """
    methods = known_methods()
    method = OLD_METHODS.get(method, method) if isinstance(method, str) else method
    if not isinstance(method, str) or method not in methods:
        raise InputError(f"there is no method {method!r}. {suggest_names(str(method), methods)}")
    if not isinstance(data, dict):
        raise InputError(f"the options of {method} are {data!r}: they must be an object with a value for each option.")
    kind = methods[method]
    names = {field.name for field in fields(kind)}
    data = {name: value for name, value in ADDED.items() if name in names} | rename_old_options(data)
    if data.keys() != names:
        raise InputError(
            f"the options of {method} do not fit this version of brushwork "
            f"(missing: {_list_names(names - data.keys())}; unknown: {_list_names(data.keys() - names)}): "
            "use the version that wrote them."
        )
    hints = field_hints(kind)
    # Older manifests have a single number where a tuple is expected.
    values: dict[str, Any] = {
        name: (value,) if get_origin(hints[name]) is tuple and isinstance(value, float) else value
        for name, value in data.items()
    }
    return cast("JobOptions", kind(**values))


def _list_names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
