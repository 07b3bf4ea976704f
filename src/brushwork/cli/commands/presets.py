"""`brushwork presets`: the settings of published programs."""

from __future__ import annotations

from dataclasses import asdict

from brushwork.cli.flags import JsonFlag
from brushwork.cli.output import print_json, print_result
from brushwork.recipes import DESCRIPTIONS, PRESETS, TransferOptions


def presets(*, json: JsonFlag = False) -> int:
    """List the presets, and what each sets.

    Parameters
    ----------
    json
        Print all settings of all presets as one JSON document.
    """
    if json:
        print_json({name: asdict(one) for name, one in PRESETS.items()})
        return 0
    for name, one in PRESETS.items():
        print_result(f"{name}: {DESCRIPTIONS[name]}")
        if one != TransferOptions():
            print_result(f"    {_what_it_sets(one)}")
    return 0


def _what_it_sets(one: TransferOptions) -> str:
    plain = asdict(TransferOptions())
    changed = {name: value for name, value in asdict(one).items() if value != plain[name]}
    return " ".join(f"{name.replace('_', '-')}={_format_value(value)}" for name, value in changed.items())


def _format_value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(map(_format_value, value))
        case float():
            return f"{value:g}"
    return str(value)
