"""The command as one of several processes on one picture, as torchrun starts them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import torch

from brushwork.cli.exits import FAILURE, Interrupted, interrupted_code
from brushwork.cli.launched import is_launched
from brushwork.cli.order import Order
from brushwork.cli.running import Running
from brushwork.errors import BrushworkError, FailedElsewhere
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.processes import Processes
from brushwork.evaluate.wire import Wire


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
    except (KeyboardInterrupt, Interrupted) as stop:
        if wire.rank:
            sys.exit(stop.code if isinstance(stop, Interrupted) else interrupted_code(stop))
        raise
    except BrushworkError as error:
        error.add_note(f"(rank {wire.rank} of {wire.count})")
        raise
    wire.leave()


def silent(running: Running) -> Running:
    """As the other ranks run: without anything to be seen."""
    return replace(running, output="", quiet=True, json=True, plot=None, timelapse=None, save_every=None)
