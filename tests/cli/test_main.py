"""How the command begins and ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import brushwork
from brushwork.cli.help import COMMON
from brushwork.cli.main import COMMANDS, main, make_app

Run = Callable[..., Any]

SCREEN = 56
"""Lines, at 80 columns: a terminal window of a laptop at its full height."""


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **options)


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"brushwork {brushwork.__version__}\n"


def test_the_module_is_the_command() -> None:
    done = python("-m", "brushwork", "--version")
    assert (done.returncode, done.stdout) == (0, f"brushwork {brushwork.__version__}\n")


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_do_not_wait_for_torch(argument: str) -> None:
    code = (
        "import sys; from brushwork.cli.main import main; "
        f"assert main(['{argument}']) == 0; sys.exit('torch' in sys.modules)"
    )
    assert python("-c", code).returncode == 0


def test_short_help_fits_on_a_screen_and_the_long_one_has_every_option(run: Run) -> None:
    brief, full = run("paint", "--help"), run("paint", "--help-all")
    assert (brief.code, full.code) == (0, 0)
    assert all(name in brief.out for name in COMMON)
    assert "--help-all" in brief.out and "--tv-weight" not in brief.out
    assert len(brief.out.splitlines()) <= SCREEN
    assert all(name in full.out for name in (*COMMON, "--tv-weight", "--line-search", "--threads"))
    assert "--line-search" in run("texture", "--help").out


def test_help_lists_every_command(run: Run) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    for name in ("paint", "texture", "reconstruct", "plan", "rerun", "evaluate", "presets", "weights", "doctor"):
        assert name in outcome.out


def test_every_command_and_every_option_is_described() -> None:
    pending = [((), make_app(list(COMMANDS)))]
    while pending:
        words, app = pending.pop()
        assert app.help, words
        if app.default_command:
            shown = [one for one in app.assemble_argument_collection(parse_docstring=True) if one.show]
            assert [one.name for one in shown if not one.parameter.help] == [], words
            flags = [one for one in shown if one.field_info.default is False]
            assert [one.name for one in flags if any(name.startswith("--no-") for name in one.names)] == [], words
            assert not [name for one in shown for name in one.names if name.startswith("--empty-")], words
            empty = [one for one in shown if one.field_info.default in ("", ()) and one.parameter.show_default]
            assert [one.name for one in empty] == [], words
        pending += [((*words, name), app[name]) for name in app if not name.startswith("-")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ("paint", "--help-all"),
            ["writes photo+painting.png", "--style-weight", "Encoder", "[choices: max,", "--resume", "α/β"],
        ),
        (("texture",), ["--size", "--picture-size", "WIDTHxHEIGHT"]),
        (("reconstruct",), ["content", "style"]),
        (("reconstruct", "style"), ["--layers", "conv5_1"]),
        (("plan",), ["texture", "CONTENT", "memory and time"]),
        (("weights",), ["list", "get", "add"]),
        (("weights", "add"), ["--as", "--like"]),
        (("rerun",), ["bit for bit"]),
        (("doctor",), ["what to do", "--json"]),
    ],
)
def test_each_command_explains_itself(run: Run, workdir: Path, command: tuple[str, ...], message: list[str]) -> None:
    outcome = run(*command, "--help")
    assert outcome.code == 0
    for one in message:
        assert one in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pant",), 'Unknown command "pant". Did you mean "paint"?'),
        (("paint", "a", "b", "--style-wieght", "3"), "Unknown option: --style-wieght. Did you mean --style-weight?"),
        (("paint",), "requires an argument"),
        (("paint", "a", "b", "--size"), "--size"),
        (("paint", "a", "b", "--size", "large"), "'large' is not a whole number. Try brushwork paint --help."),
        (("paint", "a", "b", "--device", "gpu"), "--device"),
        (("paint", "a", "b", "--size", "64", "--size", "65"), "--size specified multiple times"),
        (("reconstruct", "content", "a", "--leyer", "x"), "Did you mean --layer?"),
        (("weights", "fetch"), "Unknown command"),
    ],
)
def test_a_wrong_command_is_one_line_and_2(run: Run, arguments: tuple[str, ...], message: str) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("brushwork: error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err


def test_a_path_without_permission_is_named(run: Run, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, who may read everything."""
    is_dir = Path.is_dir

    def refuse(path: Path) -> bool:
        if path.parent.name == "noread":
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", refuse)
    outcome = run("paint", "noread/cat.png", "waves.png")
    assert outcome.code == 2
    assert outcome.err == (
        "brushwork: error: noread/cat.png is not accessible (Permission denied): check its permissions and its "
        "folder's.\n"
    )


def test_unexpected_errors_ask_for_a_report(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.cli.commands.presets.PRESETS", None)
    outcome = run("presets")
    assert outcome.code == 1
    assert "unexpected: AttributeError: " in outcome.err
    assert "report" in outcome.err


def test_surprises_show_their_trace_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("brushwork.cli.commands.presets.PRESETS", None)
    monkeypatch.setenv("BRUSHWORK_DEBUG", "1")
    assert main(["presets"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_before_anything_began(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("brushwork.cli.commands.presets.print_result", stop)
    outcome = run("presets")
    assert (outcome.code, outcome.err) == (130, "brushwork: interrupted\n")


def test_a_closed_pipe_is_no_disaster() -> None:
    code = (
        "import sys, brushwork.cli.main as command; from brushwork.cli.output import print_result; input();"
        "command.application = lambda given: lambda tokens, **options: result('a picture');"
        "sys.exit(command.main([]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr and process.stdin
        process.stdout.close()
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.wait(600) == 1
        assert process.stderr.read() == ""
