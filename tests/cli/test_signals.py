"""What a process does when it is asked to end."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.cli import signals
from brushwork.cli.output import InterruptedRunError, interrupt_exit_code
from brushwork.cli.signals import ENDING, SignalListener
from brushwork.errors import StopSignalError
from brushwork.feedforward.model import load_model
from brushwork.images import write_image
from brushwork.jobs.manifest import read_embedded_result
from first_layers import FIRST_LAYERS
from fork_server import ForkedProcess, ForkServer

BRUSHWORK = (sys.executable, "-m", "brushwork")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", **FIRST_LAYERS}
TIMEOUT = 600
"""Seconds until the test fails."""
LONG = ("--iterations", "4000", "-o", "o.png")
SMALL = ("--size", "64", *LONG)


@pytest.fixture(autouse=True)
def as_they_are() -> Iterator[None]:
    """The suite may be run in the background of a script or by nohup, where Ctrl-C or a hangup is ignored."""
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGHUP, hangup)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_is_raised_with_its_number(number: int, code: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(StopSignalError) as stopped, SignalListener().listen():
        os.kill(os.getpid(), number)
    assert interrupt_exit_code(stopped.value) == InterruptedRunError("so", stopped.value, kept=False).code == code
    assert signal.getsignal(number) is before


LATE = """
import os, signal, sys, time
from brushwork.cli.main import main

class Late:
    def __del__(self, kill=os.kill, own=os.getpid(), sleep=time.sleep):
        for number in (signal_number, 2):
            kill(own, number)
        sleep(0.1)

signal_number, sys.argv = int(sys.argv[1]), ["brushwork", "--version"]
sys.late = Late()
sys.exit(main())
"""
"""Program that gets signals while Python cleans up after a command that has done its work."""


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_after_the_work_is_done_does_not_change_the_exit_code(number: int) -> None:
    done = subprocess.run([sys.executable, "-c", LATE, str(int(number))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("brushwork "), done.stderr) == (0, True, "")


LOST = """
import os, sys
from brushwork.cli import main
def import_twice(*given):
    try:
        os.kill(os.getpid(), int(sys.argv[1]))
    except BaseException:
        raise ImportError("cannot load module more than once per process") from None
main.make_app = import_twice
sys.exit(main.main())
"""
"""Program that gets a signal whose exception is replaced by another, as in C code that imports a module."""


@pytest.mark.parametrize("number", ENDING)
def test_an_error_because_of_a_signal_is_an_interruption(number: int) -> None:
    done = subprocess.run([sys.executable, "-c", LOST, str(int(number))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + number, "brushwork: interrupted\n")


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_is_kept_until_a_step_is_done(number: int) -> None:
    with SignalListener().listen(waits=True) as received:
        assert not received()
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)  # as terminal and launcher may both do
        assert received() == number
        received.require_none()


def test_a_repeated_signal_interrupts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "_ECHO", 0.0)
    with SignalListener().listen(waits=True):
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopSignalError):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with SignalListener().listen() as received:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not received()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_exception_that_was_lost_is_raised_again() -> None:
    with SignalListener().listen() as received:
        with suppress(StopSignalError):  # as in a destructor
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopSignalError):
            received.require_none()
    with received.listen():
        received.require_none()  # a new command in the same process begins anew


def test_an_exception_that_was_lost_in_a_destructor_is_not_reported() -> None:
    class Destroyed:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    reported: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", reported.append)
        with SignalListener().listen() as received:
            Destroyed()
            with pytest.raises(StopSignalError):
                received.require_none()
    assert not reported


StartCommand = Callable[..., ForkedProcess]


@pytest.fixture
def start_command(fork_server: ForkServer) -> StartCommand:
    """Start a command, and wait until it has printed something."""

    def start_command(*command: str, until: str = "", **how: Any) -> ForkedProcess:
        process = fork_server.start("-m", "brushwork", *command, env=ENVIRONMENT, **how)
        if until:
            assert process.stderr is not None
            next(line for line in process.stderr if until in line)
        return process

    return start_command


def _ended(process: ForkedProcess) -> tuple[int, str]:
    with process:
        assert process.stderr is not None
        stderr = process.stderr.read()
        code = process.wait(TIMEOUT)
    assert "Traceback" not in stderr
    return code, stderr


SLEEP = 20
"""States in a row after which a process waits for ever: while it paints, it runs or is ready to."""


def _states(process: ForkedProcess) -> Iterator[str]:
    """The last states of a process, over and over."""
    seen = ""
    while True:
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        seen = (seen + state)[-SLEEP:]
        yield seen
        time.sleep(0.05)


@pytest.fixture
def workdir_with_tmp(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`workdir` with a folder for temporary files of its own."""
    generator = torch.Generator().manual_seed(1)
    write_image(torch.rand(1, 3, 64, 64, generator=generator), workdir / "waves.png", overwrite=True)
    (workdir / "tmp").mkdir()
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(workdir / "tmp"))
    return workdir


PAINT = ("paint", "photo.jpg", "waves.png", "--min-size", "0", *SMALL)
KEPT = ["o.png", "o.png.checkpoint"]


def _files(folder: Path) -> list[str]:
    """Of the result, and what would be left over; torch keeps a cache of its own."""
    found = [*folder.glob("*o.png*"), *folder.glob(".*"), *(folder / "tmp").iterdir()]
    return sorted(one.name for one in found if not one.name.startswith("torchinductor"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        (PAINT, signal.SIGHUP, 129),
        (PAINT, signal.SIGTERM, 143),
        (("texture", "waves.png", "--size", "64x64", *LONG), signal.SIGTERM, 143),
        (("reconstruct", "content", "photo.jpg", "--min-size", "0", *SMALL), signal.SIGTERM, 143),
        (("paint", "--method", "mdan", "photo.jpg", "waves.png", *SMALL), signal.SIGTERM, 143),
    ],
)
def test_a_painting_that_is_stopped_is_kept(
    workdir_with_tmp: Path, start_command: StartCommand, command: tuple[str, ...], number: int, code: int
) -> None:
    process = start_command(*command, until="loss")
    process.send_signal(number)
    ended, stderr = _ended(process)
    assert ended == code, stderr
    assert "interrupted; the image so far is in o.png" in stderr
    assert not read_embedded_result(workdir_with_tmp / "o.png").is_finished
    assert _files(workdir_with_tmp) == KEPT


@pytest.mark.slow
def test_what_passes_through_pipes_leaves_no_temporary_folder(
    workdir_with_tmp: Path, start_command: StartCommand
) -> None:
    process = start_command(*PAINT[:-1], "-", until="loss")
    process.send_signal(signal.SIGTERM)
    assert _ended(process)[0] == 143
    assert _files(workdir_with_tmp) == []


@pytest.mark.slow
def test_a_terminal_that_is_closed_costs_nothing(workdir_with_tmp: Path) -> None:
    process, terminal = pty.fork()
    if not process:
        os.execve(sys.executable, [*BRUSHWORK, *PAINT], ENVIRONMENT)
    seen = b""
    while b"loss" not in seen:
        seen += os.read(terminal, 1000)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 129
    assert _files(workdir_with_tmp) == KEPT


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_second_signal_ends_a_keeping_that_hangs(workdir_with_tmp: Path, start_command: StartCommand) -> None:
    process = start_command(*PAINT, until="loss")
    os.mkfifo(workdir_with_tmp / "o.png.checkpoint.part")  # nobody reads it: opening it for writing waits for ever
    process.send_signal(signal.SIGTERM)
    next(line for line in _states(process) if line == "S" * SLEEP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(signals._ECHO + 1)
    process.send_signal(signal.SIGTERM)
    assert _ended(process)[0] == 143
    assert _files(workdir_with_tmp) == []


@pytest.mark.slow
def test_nohup_is_respected(workdir_with_tmp: Path, start_command: StartCommand) -> None:
    process = start_command(*PAINT, until="loss", ignored=[signal.SIGHUP])
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(signals._ECHO + 1)
    process.send_signal(signal.SIGTERM)
    assert _ended(process)[0] == 143


@pytest.mark.slow
def test_of_several_processes_all_end_alike(
    workdir_with_tmp: Path, start_command: StartCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for name, value in {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}.items():
        monkeypatch.setitem(ENVIRONMENT, name, value)
    monkeypatch.setitem(ENVIRONMENT, "RANK", "1")
    other = start_command(*PAINT)
    monkeypatch.setitem(ENVIRONMENT, "RANK", "0")
    first = start_command(*PAINT, until="loss")
    other.send_signal(signal.SIGTERM)  # only this one is stopped
    (code, stderr), (other_code, silence) = _ended(first), _ended(other)
    assert (code, other_code) == (143, 143), stderr + silence
    assert _files(workdir_with_tmp) == KEPT


@pytest.mark.slow
def test_a_training_that_is_stopped_is_kept(workdir_with_tmp: Path, start_command: StartCommand) -> None:
    (workdir_with_tmp / "photos").mkdir()
    for number in range(4):
        write_image(torch.rand(1, 3, 72, 72), workdir_with_tmp / "photos" / f"{number}.png")
    short = ("--width", "4", "--blocks", "1", "--crop", "64", "--batch", "1", "--iterations", "4000")
    given = ("train", "johnson", "waves.png", "--dataset", "photos", "-o", "o.safetensors", *short)
    process = start_command(*given, until="held out")
    process.send_signal(signal.SIGTERM)
    code, stderr = _ended(process)
    assert code == 143, stderr
    assert "the model so far is in o.safetensors" in stderr and "--resume" in stderr
    assert load_model(workdir_with_tmp / "o.safetensors").provenance["iterations_done"] >= 1
    assert (workdir_with_tmp / "o.safetensors.checkpoint").exists()
    assert _files(workdir_with_tmp) == []


@pytest.mark.slow
def test_processes_that_paint_for_a_sweep_end_with_it(workdir_with_tmp: Path, start_command: StartCommand) -> None:
    varied = ("--vary", "style-weight=1,2", "--vary", "iterations=1,2000", "--size", "64", "--min-size", "0")
    process = start_command(
        "sweep", "photo.jpg", "waves.png", *varied, "--jobs", "2", until=" s", start_new_session=True
    )
    process.send_signal(signal.SIGTERM)
    code, stderr = _ended(process)
    assert code == 143, stderr
    with pytest.raises(ProcessLookupError):
        for _ in range(10 * TIMEOUT):
            os.killpg(process.pid, 0)
            time.sleep(0.1)
    assert _files(workdir_with_tmp) == [] and list((workdir_with_tmp / "sweep").glob("*.png"))
