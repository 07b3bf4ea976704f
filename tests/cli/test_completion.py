"""`brushwork completion` prints scripts that complete."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from brushwork.cli.main import main

pytestmark = pytest.mark.slow

ASK = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _brushwork; echo "${COMPREPLY[@]}"'


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("completion") / "brushwork"
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("brushwork.cli.commands.completion.print_result", printed.append)
        assert main(["completion", "bash"]) == 0
    file.write_text("\n".join(printed))
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


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "csh"]) == 2
    assert "bash" in capsys.readouterr().err
