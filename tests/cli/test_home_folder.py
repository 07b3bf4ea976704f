"""~ in the names of outputs that the shell left as they are: in quotes, after `=`, from settings files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from brushwork.cli.main import make_app

PAINT = "paint photo.jpg waves.png"

COMMANDS = (
    f"{PAINT} --plot",
    f"{PAINT} --timelapse",
    "texture waves.png --plot",
    "models export wave -o",
    "models --sheet",
    "evaluate a.png -o",
    "reproduce fig1 -o",
    "sweep photo.jpg waves.png -o",
    "style extract waves.png -o",
    "style blend a.style b.style -o",
    "train johnson waves.png --dataset photos -o",
    "train johnson waves.png --dataset photos --plot",
    "train texture waves.png -o",
    "train mgan waves.png --dataset photos -o",
    "train mgan waves.png --dataset photos --target-folder",
    "train super-resolution --dataset photos -o",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def paths(value: Any) -> Iterator[Path]:
    """All paths among a command's arguments."""
    if isinstance(value, Path):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from paths(getattr(value, field.name))


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_home_folder_is_put_in(command: str, home: Path) -> None:
    given = command.split()
    _, bound, *_ = make_app(given).parse_args([*given, "~/out.png"], exit_on_error=False, print_error=False)
    found = [path for value in bound.arguments.values() for path in paths(value)]
    assert home / "out.png" in found


def test_pictures_go_there_too(home: Path, workdir: Path, run: Callable[..., Any], runner: Any) -> None:
    assert run("paint", "photo.jpg", "waves.png", "-o", "~/a.png").code == 0
    assert (home / "a.png").exists()
    assert run("models", "--sheet=~/models.png").code == 0
    assert (home / "models.png").exists()
