"""Every `brushwork` command of the documents runs, word for word, and leaves the files that it names."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclopts.exceptions import MissingArgumentError

from brushwork.cli.main import make_app
from doc_snippets import Snippet, commands
from experiment_reports import assert_reported
from first_layers import FIRST_LAYERS

Run = Callable[..., Any]

OURS = [snippet for snippet in commands() if snippet.words[0] == "brushwork"]
NEEDS_A_HOST = ("weights", "get")
PAINTING = ("paint", "texture", "reconstruct", "style", "again")
"""Commands that print the names of the pictures and styles that they wrote."""


def parsed_only(snippet: Snippet) -> bool:
    return snippet.parsed_only or snippet.has_blanks or snippet.words[1:3] == NEEDS_A_HOST


def parse(words: tuple[str, ...]) -> None:
    """What the command's own parser does before anything is run."""
    make_app(words).parse_args(words, exit_on_error=False, print_error=False)


def written(words: tuple[str, ...]) -> str | None:
    """The file or folder that a command says to write."""
    return words[words.index("-o") + 1] if "-o" in words else None


LARGEST = 256
"""Pixels; a command whose own --size is larger is run with `LIGHT` in its environment."""
LIGHT = {**FIRST_LAYERS, "BRUSHWORK_INIT": "content"}
"""It begins with the photograph, not with patches of the painting."""

SMALL_TRAINING = ("--iterations", "2", "--crop", "32", "--batch", "1", "--width", "8", "--style-size", "48")
"""Flags that are added to `train johnson`, whose options the environment does not set."""


def run_light(words: tuple[str, ...], run: Run) -> Any:
    """How the command ends; at a large size it uses few layers, and a training is short."""
    size = words[words.index("--size") + 1] if "--size" in words else ""
    large = any(int(side) > LARGEST for side in re.findall(r"\d+", size))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in LIGHT.items() if large else ():
            patch.setenv(name, value)
        return run(*words, *(SMALL_TRAINING if words[:2] == ("train", "johnson") else ()))


MAKERS = {target: snippet.words[1:] for snippet in OURS if (target := written(snippet.words))}
"""A file that a document makes → the command that makes it; others begin with it."""


def make_missing_files(words: tuple[str, ...], run: Run, made_files: Path) -> None:
    """Make those files that a command begins with and that another command makes, by that command."""
    for name in (word.partition(":")[0] for word in words if word != written(words)):
        if name in MAKERS and not Path(name).exists():
            if not (made_files / name).exists():
                make_missing_files(MAKERS[name], run, made_files)
                assert run_light(MAKERS[name], run).code == 0
                _copy(Path(name), made_files / name)
            _copy(made_files / name, Path(name))


def _copy(source: Path, target: Path) -> None:
    if source != target and not target.exists():
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


@pytest.mark.parametrize(
    "where",
    [
        ("README.md", "brushwork paint photo.jpg painting.jpg", False),  # in a fence
        ("docs/reproductions/README.md", "brushwork reproduce fig1", True),  # indented, in a marked section
        ("docs/models.md", "brushwork train johnson mine.jpg --dataset photographs/", True),  # two lines
        ("docs/quality.md", "brushwork paint photo.jpg painting.jpg -o best.png --init draft.png", False),  # in prose
        ("docs/evaluation.md", "brushwork evaluate painted/ -o table.md", False),
    ],
    ids=lambda where: where[1],
)
def test_commands_are_found_wherever_they_stand(where: tuple[str, str, bool]) -> None:
    page, start, marked = where
    assert any((one.page, one.parsed_only) == (page, marked) and " ".join(one.words).startswith(start) for one in OURS)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", [one for one in OURS if not parsed_only(one)], ids=str)
def test_it_runs_and_writes_what_it_names(
    snippet: Snippet, workdir: Path, made_files: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = snippet.words[1:]
    if snippet.in_prose:
        words = _without_mentions(words)
    make_missing_files(words, run, made_files)
    for name, value in snippet.environment.items():
        monkeypatch.setenv(name, value)
    outcome = run_light(words, run)
    assert outcome.code == 0, outcome.err
    assert outcome.out
    target = written(words)
    if target:
        assert Path(target).exists()
        _copy(Path(target), made_files / target)
    if words[0] == "reproduce" and words[1:]:  # without a name it lists the experiments
        assert_reported(words[1], outcome.err)
    if words[0] in PAINTING and "--help" not in words:
        assert all(Path(name).stat().st_size > 0 for name in outcome.out.splitlines())


@pytest.mark.parametrize("snippet", [one for one in OURS if parsed_only(one)], ids=str)
def test_what_is_not_run_is_understood(snippet: Snippet) -> None:
    parse(snippet.words[1:])


def _without_mentions(words: tuple[str, ...]) -> tuple[str, ...]:
    """In prose a command's mere name is no command to be run, if it wants more than that: then its page is shown."""
    try:
        parse(words)
    except MissingArgumentError:
        return (*words, "--help")
    return words
