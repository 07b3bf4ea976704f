"""`brushwork models`: who is there, for people, for programs, and on a page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from brushwork.cli.commands import models as command
from brushwork.cli.consoles import make_console
from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.configs import JohnsonConfig, MultiStyleConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.images import Size, image_size

Run = Callable[..., Any]
SETTINGS = JohnsonConfig(width=4, blocks=1)


def thumbnail(color: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 40), color).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def painted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A red and a blue model in the package, one without a thumbnail and a damaged one in the user's folder."""
    package, own = tmp_path / "package", tmp_path / "own"
    package.mkdir(), own.mkdir()
    network = build_network(SETTINGS)
    for folder, name, style in ((package, "red", "#ff0000"), (package, "blue", "#0000ff"), (own, "bare", None)):
        style = None if style is None else thumbnail(style)
        model = StyleModel(name, "johnson", SETTINGS, network, style, {"steps": 7}, "CC0-1.0")
        save_model(model, folder / f"{name}.safetensors")
    (own / "broken.safetensors").write_bytes(b"no tensors")
    for module in ("brushwork.feedforward", "brushwork.feedforward.model_lookup"):
        monkeypatch.setattr(f"{module}.BUNDLED_MODELS", package)
    monkeypatch.setenv("BRUSHWORK_MODELS", str(own))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_programs_read_lines(painted: Path, run: Run) -> None:
    outcome = run("models")
    assert outcome.code == 0
    rows = [line.split("\t") for line in outcome.out.splitlines()]
    assert [row[:2] for row in rows] == [["bare", "johnson"], ["blue", "johnson"], ["red", "johnson"]]
    assert [row[4:] for row in rows] == [["CC0-1.0", "-"]] * 3
    assert "broken.safetensors is damaged" in outcome.err


def test_programs_read_the_styles_and_that_no_license_is_given(painted: Path, run: Run) -> None:
    settings = MultiStyleConfig(styles=("wave", "starry"), width=4, blocks=1)
    several = StyleModel("several", "multi-style", settings, build_network(settings))
    save_model(several, painted / "own" / "several.safetensors")
    (row,) = (line.split("\t") for line in run("models", "several").out.splitlines())
    assert row[4:] == ["no license given", "wave starry"]


def test_json_holds_everything_but_pictures(painted: Path, run: Run) -> None:
    document = json.loads(run("models", "red", "--json").out)
    assert document[0]["name"] == "red"
    assert document[0]["provenance"] == {"steps": 7}
    assert document[0]["settings"]["width"] == 4
    assert document[0]["own"] is False
    assert json.loads(run("models", "bare", "--json").out)[0]["own"] is True


def test_unknown_names_are_reported(painted: Path, run: Run) -> None:
    outcome = run("models", "rad")
    assert outcome.code == 2
    assert "Did you mean 'red'" in outcome.err


def shown(monkeypatch: pytest.MonkeyPatch, run: Run, **about: Any) -> str:
    """What a terminal would show."""
    file = io.StringIO()
    monkeypatch.setattr(
        command, "make_console", lambda: make_console(file=file, force_terminal=True, width=100, **about)
    )
    assert run("models").code == 0
    return file.getvalue()


def test_terminals_with_colors_show_thumbnails(painted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, run, color_system="truecolor")
    assert "\x1b[38;2;255;0;0;48;2;255;0;0m▀" in text
    assert "blue" in text
    assert "CC0-1.0" in text
    assert str(painted / "own") in text.replace("\n", "")


@pytest.mark.parametrize("about", [{"color_system": "truecolor", "no_color": True}, {"color_system": "standard"}])
def test_other_terminals_show_words(
    painted: Path, run: Run, monkeypatch: pytest.MonkeyPatch, about: dict[str, Any]
) -> None:
    text = shown(monkeypatch, run, **about)
    assert "▀" not in text
    assert "red" in text


def test_no_color_is_obeyed(painted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "▀" not in shown(monkeypatch, run, color_system="truecolor")


def test_a_page_shows_all_that_have_a_thumbnail(painted: Path, run: Run) -> None:
    outcome = run("models", "--sheet", "page.png")
    assert (outcome.code, outcome.out) == (0, "page.png\n")
    assert "2 models" in outcome.err
    colors = {color for _, color in Image.open(painted / "page.png").getcolors(10**6)}
    assert {(255, 0, 0), (0, 0, 255)} <= colors
    assert image_size(painted / "page.png") > Size(200, 200)
    assert run("models", "--sheet", "page.png").code == 2
    assert run("models", "--sheet", "page.png", "--force").code == 0


def test_a_page_of_none_is_refused(painted: Path, run: Run) -> None:
    assert "none of the models has a thumbnail" in run("models", "bare", "--sheet", "page.png").err


def test_where_there_are_none_it_says_so(painted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.feedforward.list_models", dict)
    assert "no models were found" in shown(monkeypatch, run)
