"""`brushwork presets`: the settings of published programs."""

from __future__ import annotations

from dataclasses import asdict

from brushwork.cli.flags import JsonFlag
from brushwork.cli.output import print_json, print_result
from brushwork.errors import InputError
from brushwork.recipes import DESCRIPTIONS, PRESETS, TransferOptions, load_preset
from brushwork.video.presets import FILM_PRESETS


def presets(*names: str, json: JsonFlag = False) -> int:
    """List the presets and their settings: all of the default, and those that differ for the others.

    Parameters
    ----------
    names
        Presets to show; default: all.
    json
        Print all settings of the presets as one JSON document.
    """
    for name in names:
        if name in FILM_PRESETS:
            raise InputError(
                f"the preset {name} is for films: brushwork video CLIP PAINTING --optimize --preset {name}"
            )
    shown = {name: load_preset(name) for name in names} or dict(PRESETS.items())
    if json:
        print_json({name: asdict(one) for name, one in shown.items()})
        return 0
    for name, one in shown.items():
        print_result(f"{name}: {DESCRIPTIONS[name]}")
        print_result(f"    {_what_it_sets(one)}")
    return 0


def _what_it_sets(one: TransferOptions) -> str:
    plain, own = asdict(TransferOptions()), asdict(one)
    changed = {name: value for name, value in own.items() if value != plain[name]}
    return " ".join(f"{name.replace('_', '-')}={_format_value(value)}" for name, value in (changed or own).items())


def _format_value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(map(_format_value, value)) or "none"
        case float():
            return f"{value:g}"
    return str(value)
