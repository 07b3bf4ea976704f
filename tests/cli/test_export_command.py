"""`brushwork models export`: from a name to a file; `tests/feedforward/test_onnx_export.py` reads the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network

Run = Callable[..., Any]
SETTINGS = JohnsonConfig(width=4, blocks=1)


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path, bool]]:
    """What was requested to be exported, in a folder with the model wave."""
    requested: list[tuple[str, Path, bool]] = []

    def export_model(model: StyleModel, path: Path, *, style: tuple[str, ...] = (), overwrite: bool = False) -> Path:
        assert style == ()  # of a model of one style
        requested.append((model.name, path, overwrite))
        path.write_bytes(bytes(1_500_000))
        return path

    monkeypatch.setattr("brushwork.feedforward.export_onnx", export_model)
    monkeypatch.chdir(tmp_path)
    save_model(StyleModel("wave", "johnson", SETTINGS, build_network(SETTINGS)), tmp_path / "wave.safetensors")
    return requested


def test_a_file_is_named_after_the_model(exports: list[tuple[str, Path, bool]], run: Run) -> None:
    outcome = run("models", "export", "wave.safetensors")
    assert (outcome.code, outcome.out, outcome.err) == (0, "wave.onnx\n", "wave, 1.5 MB\n")
    assert exports == [("wave", Path("wave.onnx"), False)]


def test_its_name_may_hold_anything(exports: list[tuple[str, Path, bool]], run: Run) -> None:
    save_model(StyleModel("../Hokusai / wave", "johnson", SETTINGS, build_network(SETTINGS)), Path("mine.safetensors"))
    assert run("models", "export", "mine.safetensors").code == 0
    assert exports == [("../Hokusai / wave", Path("mine.onnx"), False)]


def test_another_name(exports: list[tuple[str, Path, bool]], run: Run) -> None:
    outcome = run("models", "export", "wave.safetensors", "-o", "other.onnx", "--force", "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, "other.onnx\n", "")
    assert exports == [("wave", Path("other.onnx"), True)]


def test_settings_of_paintings_are_not_for_exports(
    exports: list[tuple[str, Path, bool]], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHWORK_STYLE", "wave")
    monkeypatch.setenv("BRUSHWORK_OUTPUT", "out.png")
    assert run("models", "export", "wave.safetensors").code == 0
    assert exports == [("wave", Path("wave.onnx"), False)]


def test_no_model(exports: list[tuple[str, Path, bool]], run: Run) -> None:
    assert run("models", "export", "nobody").code == 2
    assert exports == []
