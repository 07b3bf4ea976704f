"""What else the documents show to be typed: benches and tests that are there, targets of make, extras, launchers.

Benches take minutes to an hour; their own parsers read the words, and nothing is measured.
"""

from __future__ import annotations

import argparse
import re
import runpy
import sys
import tomllib
from typing import Any

import pytest
from torch.distributed.run import get_args_parser

from brushwork.cli.main import make_app
from doc_snippets import ROOT, Snippet, commands


def snippets_of(program: str) -> list[Any]:
    return [pytest.param(one, id=str(one)) for one in commands() if one.words[0] == program]


class _Parsed(BaseException):
    """A bench has read its words."""


@pytest.mark.parametrize("snippet", snippets_of("python"))
def test_a_bench_knows_its_arguments(snippet: Snippet, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = argparse.ArgumentParser.parse_args

    def stop(self: argparse.ArgumentParser, *given: Any) -> None:
        parse(self, *given)
        raise _Parsed

    script = ROOT / snippet.words[1]
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    monkeypatch.setattr(sys, "argv", [str(script), *("1" if word.isupper() else word for word in snippet.words[2:])])
    monkeypatch.syspath_prepend(str(script.parent))
    with pytest.raises(_Parsed):
        runpy.run_path(str(script), run_name="__main__")


@pytest.mark.parametrize("snippet", snippets_of("torchrun"))
def test_a_launcher_and_brushwork_know_their_arguments(snippet: Snippet) -> None:
    launcher = get_args_parser().parse_args(snippet.words[1:])
    assert (launcher.module, launcher.training_script) == (True, "brushwork")
    words = launcher.training_script_args
    make_app(words).parse_args(words, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("snippet", snippets_of("make"))
def test_a_target_is_there(snippet: Snippet) -> None:
    assert re.search(rf"^{snippet.words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("snippet", snippets_of("pytest"))
def test_tests_are_there(snippet: Snippet) -> None:
    assert all((ROOT / word).is_file() for word in snippet.words[1:])


@pytest.mark.parametrize("snippet", snippets_of("pip"))
def test_extras_and_files_are_there(snippet: Snippet) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert snippet.words[1] == "install"
    for word in snippet.words[2:]:
        name, bracket, extra = word.partition("[")
        assert name.startswith("-") or name == project["name"] or (ROOT / name).exists()
        assert not bracket or set(extra.rstrip("]").split(",")) <= project["optional-dependencies"].keys()
