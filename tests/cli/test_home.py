"""~ in the names of outputs that the shell left as they are: in quotes, after `=`, from settings files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from brushwork.cli.main import application

PAINT = "paint photo.jpg waves.png"

COMMANDS = (
    f"{PAINT} --plot",
    f"{PAINT} --timelapse",
    "texture waves.png --plot",
    "export wave -o",
    "painters --sheet",
    "judge a.png -o",
    "lab fig1 -o",
    "sweep photo.jpg waves.png -o",
    "style save waves.png -o",
    "style mix a.style b.style -o",
    "train johnson waves.png --photos photos -o",
    "train johnson waves.png --photos photos --plot",
    "train texture waves.png -o",
    "train mgan waves.png --photos photos -o",
    "train mgan waves.png --photos photos --target-folder",
    "train super-resolution --photos photos -o",
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


@pytest.mark.parametrize("command", COMMANDS)
def test_the_home_folder_is_put_in(command: str, home: Path) -> None:
    given = command.split()
    _, bound, *_ = application(given).parse_args([*given, "~/out.png"], exit_on_error=False, print_error=False)
    found = [path for value in bound.arguments.values() for path in paths(value)]
    assert home / "out.png" in found


def test_pictures_go_there_too(home: Path, desk: Path, run: Callable[..., Any], studio: Any) -> None:
    assert run("paint", "photo.jpg", "waves.png", "-o", "~/a.png").code == 0
    assert (home / "a.png").exists()
    assert run("painters", "--sheet=~/painters.png").code == 0
    assert (home / "painters.png").exists()
