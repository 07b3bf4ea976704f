"""`brushwork completion` prints scripts that complete."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from brushwork.cli.main import main

pytestmark = pytest.mark.slow

ASK = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _brushwork; echo "${COMPREPLY[@]}"'


TYPE = """
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
os.write(terminal, sys.argv[1].encode())
while True:
    try:
        if not os.read(terminal, 4096):
            break
    except OSError:  # bash ended
        break
"""
"""Types its argument into an interactive bash."""


def print_script(shell: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("brushwork.cli.commands.completion.print_result", printed.append)
        assert main(["completion", shell]) == 0
    return "\n".join(printed)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("completion") / "brushwork"
    file.write_text(print_script("bash"))
    return file


@pytest.fixture
def complete(script: Path) -> Callable[..., list[str]]:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")

    def complete(*words: str) -> list[str]:
        done = subprocess.run(["bash", "-c", ASK, script, *words], capture_output=True, text=True, check=True)
        return done.stdout.split()

    return complete


def test_bash_completes_commands_options_and_values(complete: Callable[..., list[str]]) -> None:
    assert complete("brushwork", "pai") == ["paint"]
    assert complete("brushwork", "queue", "pa") == ["pause"]
    assert complete("brushwork", "paint", "--style-sc") == ["--style-scale"]
    assert complete("brushwork", "paint", "--quality", "dr") == ["draft"]
    assert complete("brushwork", "paint", "content", "style", "--qual") == ["--quality"]  # these are names of files
    assert complete("brushwork", "reconstruct", "content", "--qui") == ["--quiet"]


def test_bash_completes_the_names_of_files(script: Path, tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    (tmp_path / "photo.jpg").touch()
    (tmp_path / "two words.toml").touch()
    typed = [
        f"source {script}; brushwork() {{ printf '%s\\n' \"$@\" --- >> given; }}",
        *("brushwork paint pho\t", "brushwork paint a.jpg b.jpg -o pho\t", "brushwork paint --config tw\t"),
        "exit",
    ]
    lines = "".join(f"{line}\n" for line in typed)
    subprocess.run([sys.executable, "-c", TYPE, lines], cwd=tmp_path, check=True, capture_output=True, timeout=600)
    given = (tmp_path / "given").read_text().split("---\n")
    assert given[0] == "paint\nphoto.jpg\n"
    assert given[1] == "paint\na.jpg\nb.jpg\n-o\nphoto.jpg\n"
    assert given[2] == "paint\n--config\ntwo words.toml\n"


def test_zsh_completes_the_names_of_files_as_positionals() -> None:
    positionals = re.findall(r"^ +'((?:\d+|\*):[^:].*)'(?: \\)?$", print_script("zsh"), flags=re.MULTILINE)
    named = [one for one in positionals if ": :->" not in one]
    assert any("The content image" in one for one in named)
    assert [one for one in named if not one.endswith(":_files")] == []


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "csh"]) == 2
    assert "bash" in capsys.readouterr().err
