from __future__ import annotations

import json
import subprocess
import sys

import pytest

from brushwork.errors import InputError
from brushwork.jobs.options_json import known_methods, options_from_json, options_to_json
from brushwork.options import MethodOptions
from brushwork.recipes import (
    PRESETS,
    MDANOptions,
    ReconstructionOptions,
    TextureOptions,
    TransferOptions,
)


def there_and_back(options):
    return options_from_json(options.method, json.loads(json.dumps(options_to_json(options))))


@pytest.mark.parametrize(
    "options",
    [
        *PRESETS.values(),
        TransferOptions(style_blend=(0.25, 0.75), content_layers=()),
        ReconstructionOptions(layer="conv3_1", bounded=True),
        TransferOptions(size="full"),
        TextureOptions(size="300x200", ema_decay=0.1 + 0.2),
        MDANOptions(rotations=(1.5, 0.0), mirror=False),
    ],
)
def test_options_come_back_equal(options):
    assert there_and_back(options) == options


def test_every_method_has_a_name():
    def leaves(kind):
        return {kind} if not kind.__subclasses__() else set().union(*map(leaves, kind.__subclasses__()))

    ours = {kind for kind in leaves(MethodOptions) if kind.__module__.startswith("brushwork.")}
    assert set(known_methods().values()) >= ours
    assert all(kind.method == name for name, kind in known_methods().items())


def test_whole_numbers_are_taken_for_decimal_ones():
    data = options_to_json(TransferOptions()) | {"style_weight": 5}
    assert isinstance(options_from_json("optimize", data).style_weight, float)


def test_an_unknown_recipe_is_named():
    with pytest.raises(InputError, match=r"no method 'optimise'\. Did you mean 'optimize'"):
        options_from_json("optimise", options_to_json(TransferOptions()))
    with pytest.raises(InputError, match="no method None"):
        options_from_json(None, {})


def test_missing_and_unknown_options_are_named():
    data = options_to_json(TransferOptions())
    del data["seed"]
    with pytest.raises(InputError, match=r"missing: seed; unknown: speed"):
        options_from_json("optimize", data | {"speed": 1})


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "512"},
        {"size": "all"},
        {"size": True},
        {"size": 512.5},
        {"bounded": 1},
        {"optimizer": "newton"},
        {"style_layers": "conv1_1"},
        {"style_layers": [1]},
        {"network": None},
        {"optimizer": ["lbfgs"]},
    ],
)
def test_a_value_of_another_type_is_named(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=f"^{name.replace('_', '-')} is .*: it must be"):
        options_from_json("optimize", options_to_json(TransferOptions()) | wrong)


def test_options_that_are_no_object():
    with pytest.raises(InputError, match="must be an object"):
        options_from_json("optimize", [1])


def test_a_value_out_of_range_is_refused():
    with pytest.raises(InputError, match="size is 7"):
        options_from_json("optimize", options_to_json(TransferOptions()) | {"size": 7})


def test_every_method_is_known_from_the_start():
    """Packages import their names on first use; `rerun` must know methods that nothing else has imported."""
    code = "from brushwork.jobs.options_json import known_methods; print(*sorted(known_methods()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert found == ["adain", "mdan", "model", "optimize", "reconstruct-content", "texture", "texture-model"]
