"""The command beside closed and full streams, and on those that have not every letter."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from brushwork.cli.main import COMMANDS
from brushwork.cli.output import to_json_text
from brushwork.cli.streams import ON_STDOUT

Run = Callable[..., Any]

BRUSHWORK = shlex.join([sys.executable, "-m", "brushwork"])
QUICK = "--size 64 --iterations 2 --min-size 0"
FULL = "standard output cannot be written (No space left on device)"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors and devices of Unix")


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """What a shell made of a line, in which `brushwork` is the command and `program` Python."""
    functions = f'brushwork() {{ {BRUSHWORK} "$@"; }}; program() {{ {shlex.quote(sys.executable)} -c "$@"; }};'
    ours = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(["bash", "-c", functions + command], capture_output=True, timeout=600, check=False, env=ours)


def program(body: str, redirected: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A program with the streams of the command."""
    whole = f"import os, sys; from brushwork.cli.streams import configure_streams; configure_streams(); {body}"
    return shell(f"program {shlex.quote(whole)} {redirected}", **environment)


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_no_file_gets_the_number_of_a_closed_stream(stream: int) -> None:
    done = program("sys.exit(os.open(os.devnull, os.O_RDONLY))", f"{stream}>&-")
    assert done.returncode > 2, "as `2>&-`: what is said would go into the file"


def test_what_is_said_to_a_closed_stderr_is_not_written_elsewhere() -> None:
    done = program("from brushwork.cli.output import log; log('progress'); print('result')", "2>&-")
    assert done.stdout == b"result\n"


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_stdout_is_one_line(unbuffered: str) -> None:
    done = shell("brushwork --help > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"brushwork: error: {FULL}: write to a file somewhere else.\n"


@pytest.mark.slow
def test_a_closed_stdout_gets_no_result_and_is_no_mistake() -> None:
    done = shell("brushwork --help >&-; echo $? >&2")
    assert done.stderr == b"0\n"


def test_a_stderr_that_takes_nothing_stops_nothing() -> None:
    line = "print('said', file=sys.stderr, flush=True); print('result')"
    assert program(line, "2> /dev/full").stdout == b"result\n"
    gone = program(f"sys.stdin.read(); {line}", "2> >(exec true) < <(sleep 0.3)")
    assert (gone.returncode, gone.stdout) == (0, b"result\n")


@pytest.mark.slow
def test_the_picture_on_stdout_is_a_picture_where_stderr_is_closed(workdir: Path) -> None:
    done = shell(f"brushwork paint photo.jpg waves.png -o - {QUICK} 2>&-")
    with Image.open(BytesIO(done.stdout)) as image:
        assert image.size == (64, 43)
        image.load()


@pytest.mark.slow
def test_the_picture_is_there_where_stdout_is_closed(workdir: Path) -> None:
    done = shell(f"brushwork paint photo.jpg waves.png -o k.png -q {QUICK} >&-")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (workdir / "k.png").exists()


def test_a_picture_for_a_closed_stdout_is_refused_before_painting(
    workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    outcome = run("paint", "photo.jpg", "waves.png", "-o", "-")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "standard output is closed" in outcome.err


def test_a_picture_from_a_closed_stdin_is_one_line(workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    outcome = run("paint", "-", "waves.png")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "standard input is closed" in outcome.err


def test_a_stdin_that_only_writes_is_one_line(workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with (workdir / "written").open("ab") as file:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=file))
        outcome = run("paint", "-", "waves.png")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "standard input cannot be read" in outcome.err


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    ["", *COMMANDS, "train johnson", "train mgan", "train texture", "train super-resolution", "reconstruct content"],
)
def test_every_sign_of_the_help_has_plain_letters(run: Run, command: str) -> None:
    text = run(*command.split(), "--help").out
    words = re.sub("[╭╮╰╯│─]", " ", text)  # rich has plain ones for these
    assert b"\\" not in words.encode("ascii", ON_STDOUT)


def test_help_on_a_terminal_without_utf8() -> None:
    done = shell("brushwork --help", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"paint" in done.stdout


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("ascii", b"32x48 -> 64x96, 2^60 - 1, caf\\xe9 \\U0001f33b.png"),
        ("latin-1", b"32\xd748 -> 64\xd796, 2^60 - 1, caf\xe9 \\U0001f33b.png"),
        ("utf-8", "32×48 → 64×96, 2⁶⁰ − 1, café 🌻.png".encode()),
    ],
)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_letters_that_an_encoding_lacks_are_plain(encoding: str, message: bytes, stream: str) -> None:
    line = ascii("32×48 → 64×96, 2⁶⁰ − 1, café 🌻.png")
    done = program(f"print({line}, file=sys.{stream})", PYTHONIOENCODING=encoding)
    assert getattr(done, stream) == message + b"\n"


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_of_a_name_that_is_no_utf8_results_have_the_bytes_and_lines_the_escape(encoding: str) -> None:
    done = program(
        "name = os.fsdecode(b'1 \\xd7 caf\\xe9'); print(name); print(name, file=sys.stderr)", PYTHONIOENCODING=encoding
    )
    assert done.stdout == b"1 \xd7 caf\xe9\n"
    assert done.stderr == b"1 \\xd7 caf\\xe9\n"


@pytest.mark.parametrize("name", ["café 🌻.png", os.fsdecode(b"caf\xe9.png")])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_json_gives_every_name_back_in_every_encoding(name: str, encoding: str) -> None:
    assert json.loads(to_json_text({"output": name}, encoding).encode(encoding)) == {"output": name}


def test_a_picture_that_stdout_does_not_take_is_one_line(workdir: Path) -> None:
    body = (
        "from pathlib import Path; from brushwork.cli.output import write_file_to_stdout as send; "
        "send(Path('photo.jpg'))"
    )
    done = program(body, "> /dev/full")
    assert done.stderr.decode().splitlines()[-1] == (
        f"brushwork.errors.InputError: {FULL}: write to a file somewhere else."
    )
