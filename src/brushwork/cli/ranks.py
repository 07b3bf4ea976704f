"""The command as one of several processes on one picture, as torchrun starts them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from time import monotonic
from types import FrameType

import torch

from brushwork.cli.exits import FAILURE, INTERRUPTED, Interrupted
from brushwork.cli.launched import is_launched
from brushwork.cli.order import Order
from brushwork.cli.running import Running
from brushwork.errors import BrushworkError, FailedElsewhere
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.processes import Processes
from brushwork.evaluate.wire import Wire

_ECHO = 5.0
"""Seconds within which a signal that is heard again is the same one: launchers and terminals may both send it."""


def ranks(order: Order) -> AbstractContextManager[Wire | None]:
    """The connection to the other processes that paint an order; None: this one is alone."""
    return connected(order.running.device)


@contextmanager
def connected(device_name: str) -> Iterator[Wire | None]:
    """The connection to the other processes; None: this one is alone.

    Only the first one speaks; the others end without a word, unless something goes wrong with themselves.
    """
    if not is_launched():
        yield None
        return
    device = pick_device(device_name)
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    wire = Processes(device)
    try:
        yield wire
    except FailedElsewhere:
        sys.exit(FAILURE)
    except (KeyboardInterrupt, Interrupted):
        if wire.rank:
            sys.exit(INTERRUPTED)
        raise
    except BrushworkError as error:
        error.add_note(f"(rank {wire.rank} of {wire.count})")
        raise
    wire.leave()


def silent(running: Running) -> Running:
    """As the other ranks run: without anything to be seen."""
    return replace(running, output="", quiet=True, json=True, plot=None, timelapse=None, save_every=None)


class Interruption:
    """Ctrl-C and its like, kept until a step is done; heard again later, they end the process at once."""

    def __init__(self) -> None:
        self._heard: float | None = None

    def __call__(self) -> bool:
        return self._heard is not None

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._heard is not None and monotonic() - self._heard > _ECHO:
            raise KeyboardInterrupt
        self._heard = self._heard or monotonic()

    @contextmanager
    def listening(self) -> Iterator[Interruption]:
        """Hear of signals while it is entered."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(one, self._hear) for one in signals]
        try:
            yield self
        finally:
            for one, handler in zip(signals, before, strict=True):
                signal.signal(one, handler)
