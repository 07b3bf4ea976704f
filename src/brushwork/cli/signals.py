"""Handling of the signals that end a command: SIGINT (Ctrl-C), SIGTERM and SIGHUP."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from types import FrameType

from brushwork.distributed.launch import is_distributed_launch
from brushwork.errors import StopSignalError

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_ECHO, _LAUNCHED_ECHO = 1.0, 5.0
"""Seconds within which a second signal repeats the first: terminals, `timeout` and launchers signal a whole group
of processes, and the process itself too."""


class SignalListener:
    """Raises `StopSignalError` at a signal, or holds it until a step is done; a second one always raises.

    Signals that were ignored when the process started, by nohup or in the background of a script, stay ignored.
    """

    def __init__(self) -> None:
        self._heard, self._at = 0, 0.0
        self._waits = False
        self._nested = 0

    def __call__(self) -> int:
        """Return the number of the first signal received; 0: none."""
        return self._heard

    def require_none(self) -> None:
        """Raise for a received signal, unless it is held; its first exception may be lost, such as in a destructor.

        Raises: StopSignalError.
        """
        if self._heard and not self._waits:
            raise StopSignalError(self._heard)

    @contextmanager
    def listen(self, *, waits: bool = False) -> Iterator[SignalListener]:
        """Context manager that handles signals. With `waits`, the first one is only held."""
        if not self._nested:
            self._heard = 0
        before = {one: signal.getsignal(one) for one in ENDING}
        waited, self._waits = self._waits, waits
        report = sys.unraisablehook
        self._nested += 1
        try:
            for one, handler in before.items():
                if _is_heeded(handler):
                    signal.signal(one, self._hear)
            sys.unraisablehook = partial(_report_unraisable, report)
            yield self
        finally:
            sys.unraisablehook = report
            for one, handler in before.items():
                if _is_heeded(handler):
                    signal.signal(one, handler)
            self._nested -= 1
            self._waits = waited

    def ignore(self) -> None:
        """Ignore signals from now on: the exit code is settled, and only the interpreter's cleanup is left.

        Python restores the default of a handler before that cleanup, but leaves ignored signals ignored.
        """
        for one in ENDING:
            if _is_heeded(signal.getsignal(one)):
                signal.signal(one, signal.SIG_IGN)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if not self._heard:
            self._heard, self._at = number, monotonic()
            if self._waits:
                return
        elif monotonic() - self._at <= (_LAUNCHED_ECHO if is_distributed_launch() else _ECHO):
            return
        raise StopSignalError(self._heard)


def _report_unraisable(report: Callable[[sys.UnraisableHookArgs], object], lost: sys.UnraisableHookArgs) -> None:
    """Report an exception that Python cannot raise, but not that of a signal: `require_none` raises it again."""
    if not isinstance(lost.exc_value, StopSignalError):
        report(lost)


def _is_heeded(handler: object) -> bool:
    """Return whether a signal is neither ignored nor handled outside Python."""
    return handler is not signal.SIG_IGN and handler is not None


SIGNALS = SignalListener()
"""The listener of this process."""
