"""Commands as processes of their own, forked from one that has imported torch and brushwork: they begin at once.

The papers' weights are read and laid out before the forks, too. What a new interpreter does (closed streams,
encodings, what is imported and read) is not seen here; `subprocess` is for that.
As a script, the process that forks.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

IMPORTED = (
    *("torch.fx.experimental.symbolic_shapes", "brushwork.cli.main", "brushwork.cli.commands.paint"),
    *("brushwork.jobs.run", "brushwork.recipes.style_transfer", "brushwork.training.run"),
)
"""Before the forks."""
COMPILER = "torch._dynamo"
"""What torch imports for the first Adam, and where memory is estimated."""
_OF_EXTRAS = ("brushwork.studio.worker",)
"""Where its libraries are installed."""
_LARGEST = 1 << 20
"""Bytes of a request."""
_WIDTH = 12
"""Characters of a number that is sent."""


class Completed(NamedTuple):
    """How a process ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class ForkedProcess:
    """A process that runs, with those methods of `subprocess.Popen` that tests use."""

    def __init__(self, status: int, stderr: TextIOWrapper | None) -> None:
        self.stderr = stderr
        self._status = status
        self.pid = int(self._read_number())

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; negative: the signal that killed it. Once only."""
        if not select.select([self._status], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        code = int(self._read_number())
        os.close(self._status)
        return code

    def _read_number(self) -> str:
        return os.read(self._status, _WIDTH).decode()

    def __enter__(self) -> ForkedProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.stderr is not None:
            self.stderr.close()


class ForkServer:
    """Starts Python programs by forks of one process, which listens at an address."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(address)

    def close(self) -> None:
        self._socket.close()

    def start(self, *words: str, stdout: int | None = None, stderr: int | None = None, **how: Any) -> ForkedProcess:
        """Start `python WORDS`; its standard error is a pipe, unless a descriptor is given.

        `how`: `env`, `stdin` (a descriptor), `start_new_session`, `ignored` (numbers of signals).
        """
        status, child_end = os.pipe()
        stderr_read, written = os.pipe() if stderr is None else (None, stderr)
        null = os.open(os.devnull, os.O_RDWR)
        descriptors = [null if how.get("stdin") is None else how["stdin"], null if stdout is None else stdout, written]
        request = {
            "words": words,
            "environment": dict(how.get("env") or os.environ),
            "folder": str(Path.cwd()),
            "new_session": how.get("start_new_session", False),
            "ignored": [int(number) for number in how.get("ignored", ())],
        }
        socket.send_fds(self._socket, [json.dumps(request).encode()], [*descriptors, child_end])
        for descriptor in (child_end, null, *([written] if stderr_read is not None else ())):
            os.close(descriptor)
        lines = None if stderr_read is None else os.fdopen(stderr_read, encoding="utf-8", errors="surrogateescape")
        return ForkedProcess(status, lines)

    def run(self, *words: str, **how: Any) -> Completed:
        """Run `python WORDS` to its end; what it writes goes into files."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            code = self.start(*words, stdout=out.fileno(), stderr=err.fileno(), **how).wait()
            out.seek(0), err.seek(0)
            return Completed(code, out.read(), err.read())


class ForkServerProcess(ForkServer):
    """The process that forks; it ends when this is closed. It imports nothing before it is needed."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        launcher: Sequence[str] = (),
        imported: Sequence[str] = (COMPILER, *IMPORTED),
    ) -> None:
        """`environment`: of the process that imports; `launcher`: words before its own, as of `unshare`."""
        self._socket, child_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._folder = tempfile.TemporaryDirectory()
        self.address = str(Path(self._folder.name, "forks"))
        with child_end, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.bind(self.address)
            listening.listen()
            given = [child_end.fileno(), listening.fileno()]
            command = [*launcher, sys.executable, __file__, *map(str, given), *imported]
            child_environment = {**(environment or os.environ), "OMP_NUM_THREADS": "1"}
            self._process = subprocess.Popen(command, pass_fds=given, env=child_environment)

    def close(self) -> None:
        super().close()
        self._process.wait()
        self._folder.cleanup()


def _serve(own: socket.socket, listening: socket.socket) -> list[str]:
    """Fork for every request; in the process that is to be the program, return its words.

    Ends when `own` is closed at its other end.
    """
    sockets = [own, listening]
    while True:
        _reap()
        for one in select.select(sockets, [], [])[0]:
            if one is listening:
                sockets.append(listening.accept()[0])
                continue
            message, descriptors, *_ = socket.recv_fds(one, _LARGEST, 4)
            if message and not os.fork():
                return _become_program(message, descriptors, sockets)
            for descriptor in descriptors:
                os.close(descriptor)
            if not message:
                _forget(one, sockets)


def _forget(closed: socket.socket, sockets: list[socket.socket]) -> None:
    """Forget who will ask for nothing more; end where that is the one who started this process, the first."""
    if closed is sockets[0]:
        os._exit(0)
    sockets.remove(closed)
    closed.close()


def _become_program(message: bytes, descriptors: list[int], sockets: Iterable[socket.socket]) -> list[str]:
    """In a fork: fork again, watch the program in the first, and return its words in the second."""
    for one in sockets:
        one.close()
    *streams, status = descriptors
    program = os.fork()
    if program:
        _watch(program, status, streams)
    os.close(status)
    return _prepare(json.loads(message), streams)


def _reap() -> None:
    """Forget the processes that watched what has ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _watch(program: int, status: int, streams: list[int]) -> None:
    """Send the program's process ID, wait for it, and send its exit code."""
    os.write(status, f"{program:{_WIDTH}}".encode())
    for descriptor in (0, 1, 2, *streams):
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    os.write(status, f"{code:{_WIDTH}}".encode())
    os._exit(0)


def _prepare(request: dict[str, Any], streams: list[int]) -> list[str]:
    """Make this process like one that was just started; return its words."""
    if request["new_session"]:
        os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8", closefd=False)  # type: ignore[misc]
    stderr = os.fdopen(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    sys.stderr = sys.__stderr__ = stderr  # type: ignore[misc]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    for number in request["ignored"]:
        signal.signal(number, signal.SIG_IGN)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # read from the environment again
    words: list[str] = request["words"]
    return words


def _run(words: list[str]) -> None:
    """What `python WORDS` does."""
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        exec(words[1], {"__name__": "__main__"})
    else:
        sys.argv = words
        sys.path[0] = str(Path(words[0]).parent)
        runpy.run_path(words[0], run_name="__main__")


def _end(words: list[str]) -> None:
    """Run to the end, and exit without clearing up memory, which would be copied for it."""
    code: Any = 1
    try:
        _run(words)
        code = 0
    except SystemExit as ending:
        code = ending.code or 0
    except BaseException:
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _import(names: Iterable[str]) -> None:
    """Import the modules, and those of extras where their libraries are installed."""
    for name in names:
        import_module(name)
    for name in _OF_EXTRAS:
        with suppress(ImportError):
            import_module(name)


def _lay_out() -> None:
    """Read, check and lay out the papers' weights."""
    encoder = import_module("brushwork.encoders").load_encoder()
    encoder.weights_sha256()
    encoder(import_module("torch").zeros(1, 3, 32, 32), encoder.layers)


if __name__ == "__main__":
    given = [socket.socket(fileno=int(number)) for number in sys.argv[1:3]]
    if given[0] in select.select(given, [], [])[0] and not given[0].recv(1, socket.MSG_PEEK):
        sys.exit()  # nobody has asked
    _import(sys.argv[3:])
    with import_module("weights_cache").WeightsCache():
        _lay_out()
        gc.freeze()  # a collection would touch, and so copy, all memory
        os.fsync = lambda _: None  # as in the tests' own process
        _end(_serve(*given))
