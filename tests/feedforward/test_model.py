"""A model's file: all of it comes back, and other files are refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel, load_model, save_model
from brushwork.feedforward.model_info import read_model_info
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network

SETTINGS = JohnsonConfig(width=2, blocks=1, norm="batch", border="reflect")


@pytest.fixture
def model() -> StyleModel:
    return StyleModel(
        "wave", "johnson", SETTINGS, build_network(SETTINGS, 3), b"\xff\xd8picture", {"iterations": 5}, "CC0-1.0"
    )


@pytest.mark.parametrize("half", [True, False])
def test_a_model_comes_back_with_all_that_it_says(model: StyleModel, half: bool, tmp_path: Path) -> None:
    save_model(model, tmp_path / "wave.safetensors", half)
    found = load_model(tmp_path / "wave.safetensors")
    assert (found.name, found.architecture, found.config) == ("wave", "johnson", SETTINGS)
    assert (found.style, found.provenance, found.license) == (b"\xff\xd8picture", {"iterations": 5}, "CC0-1.0")
    photograph = torch.rand(1, 3, 32, 32)
    model.network.eval()
    # Half precision keeps weights to 2⁻¹¹, in each of some eight layers.
    mine, theirs = found.network(photograph), model.network(photograph)
    torch.testing.assert_close(mine, theirs, rtol=0, atol=8 * 2**-11 if half else 0)
    assert all(one.dtype == torch.float32 for one in found.network.parameters())
    assert not found.network.training


def test_half_precision_takes_half_the_space(model: StyleModel, tmp_path: Path) -> None:
    large = replace(model, config=JohnsonConfig(width=8), network=build_network(JohnsonConfig(width=8)))
    for half in (True, False):
        save_model(large, tmp_path / f"{half}.safetensors", half)
    sizes = [(tmp_path / f"{half}.safetensors").stat().st_size for half in (True, False)]
    assert 0.5 < sizes[0] / sizes[1] < 0.6


def test_what_is_there_is_kept_unless_it_may_be_overwritten(model: StyleModel, tmp_path: Path) -> None:
    path = tmp_path / "wave.safetensors"
    save_model(model, path)
    with pytest.raises(InputError, match="already exists"):
        save_model(model, path)
    save_model(replace(model, name="other"), path, overwrite=True)
    assert load_model(path).name == "other"


def test_numbers_that_half_precision_does_not_hold_are_refused(model: StyleModel, tmp_path: Path) -> None:
    with torch.no_grad():
        next(model.network.parameters()).fill_(1e5)
    with pytest.raises(InputError, match=r"layers.first.weight.*float16"):
        save_model(model, tmp_path / "wave.safetensors")
    assert not list(tmp_path.iterdir())
    save_model(model, tmp_path / "wave.safetensors", half=False)


def _changed(path: Path, change: Any) -> None:
    """Write the file anew, its metadata or its tensors changed."""
    with safe_open(path, framework="pt") as file:
        metadata = json.loads(file.metadata()["brushwork model"])
    tensors = load_file(path)
    change(metadata, tensors)
    save_file(tensors, path, {"brushwork model": json.dumps(metadata)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda metadata, _: metadata.update(architecture="unet"), "no architecture 'unet'"),
        (lambda metadata, _: metadata["settings"].update(depth=2), "johnson has no setting .depth."),
        (
            lambda metadata, _: metadata["settings"].update(width=4),
            r"is \[2, 3, 9, 9\] in the file, and \[4, 3, 9, 9\]",
        ),
        (lambda metadata, _: metadata["settings"].update(width="wide"), "width is 'wide'"),
        (lambda metadata, _: metadata.pop("license"), "not a model.*license"),
        (lambda metadata, _: metadata["settings"].update(blocks=10**9), "blocks is 1000000000, too large"),
        (lambda metadata, _: metadata["settings"].update(width=-1), "width is -1"),
        (lambda metadata, _: metadata["settings"].update(width=2.5), r"width is 2\.5"),
        (lambda metadata, _: metadata.update(name=["wave"]), r"its name is \['wave'\]"),
        (lambda metadata, _: metadata.update(provenance=None), "its provenance is None"),
        (lambda metadata, _: metadata.update(style=3), "its style is 3"),
        (lambda _, tensors: tensors["layers.last.bias"].fill_(torch.nan), r"layers\.last\.bias holds numbers that"),
        (lambda _, tensors: tensors.pop("layers.last.bias"), "lacks tensor 'layers.last.bias'"),
        (lambda _, tensors: tensors.update(more=torch.ones(1)), "unknown tensor 'more'"),
    ],
)
def test_files_that_do_not_fit_are_refused(model: StyleModel, change: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wave.safetensors"
    save_model(model, path)
    _changed(path, change)
    with pytest.raises(InputError, match=message) as caught:
        load_model(path)
    assert str(path) in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    with pytest.raises(InputError, match="is missing"):
        load_model(path)
    path.write_bytes(b"no tensors at all")
    with pytest.raises(InputError, match="damaged, or is not a model"):
        load_model(path)
    save_file({"a": torch.ones(1)}, path)
    with pytest.raises(InputError, match="is not a model as `brushwork train` writes them"):
        load_model(path)


def test_a_path_is_a_string_or_begins_with_the_home_folder(
    model: StyleModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    save_model(model, "~/wave.safetensors")
    assert read_model_info("~/wave.safetensors").name == load_model(str(tmp_path / "wave.safetensors")).name == "wave"


@pytest.mark.parametrize("given", ["", None, 3])
def test_what_names_no_model_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"the model is .*: give a file .* Known: .*gallery"):
        load_model(given)
