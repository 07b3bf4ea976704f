"""Run the command as one of several processes on one image, as torchrun starts them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import torch

from brushwork.cli.output import FAILURE, InterruptedRunError, interrupt_exit_code
from brushwork.cli.request import Request
from brushwork.cli.run_flags import RunFlags
from brushwork.devices.select import select_device
from brushwork.distributed.launch import is_distributed_launch
from brushwork.distributed.process_group import ProcessGroup, TorchProcessGroup
from brushwork.errors import BrushworkError, OtherRankError


def join_ranks(request: Request) -> AbstractContextManager[ProcessGroup | None]:
    """Return the process group for a request; None: there is only this process."""
    return connect(request.flags.device)


@contextmanager
def connect(device_name: str) -> Iterator[ProcessGroup | None]:
    """Return the process group; None: there is only this process.

    Only rank 0 prints; the others are silent unless they fail themselves.
    """
    if not is_distributed_launch():
        yield None
        return
    device = select_device(device_name)
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    group = TorchProcessGroup(device)
    try:
        yield group
    except OtherRankError:
        sys.exit(FAILURE)
    except (KeyboardInterrupt, InterruptedRunError) as stop:
        if group.rank:
            sys.exit(stop.code if isinstance(stop, InterruptedRunError) else interrupt_exit_code(stop))
        raise
    except BrushworkError as error:
        error.add_note(f"(rank {group.rank} of {group.world_size})")
        raise
    group.close()


def silence(flags: RunFlags) -> RunFlags:
    """Return the flags of the other ranks, which print nothing."""
    return replace(flags, output="", quiet=True, json=True, plot=None, timelapse=None, save_every=None)
