"""Run the command as one of several processes on one image, as torchrun starts them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from brushwork import devices, distributed
from brushwork.cli.output import FAILURE, InterruptedRunError, interrupt_exit_code
from brushwork.cli.run_flags import RunFlags
from brushwork.distributed.launch import count_local_ranks, is_distributed_launch
from brushwork.errors import BrushworkError, InputError, OtherRankError

_FIRST_FAILS_WITHIN = 10.0
"""Seconds by which the first process has failed; torchrun checks every 0.1 seconds, and then ends the others."""


@contextmanager
def connect(device_name: str) -> Iterator[distributed.ProcessGroup | None]:
    """Return the process group; None: there is only this process.

    Only rank 0 prints; the others are silent unless they fail themselves.
    """
    if not is_distributed_launch():
        yield None
        return
    device = devices.select_device(device_name)
    if device.type == "cuda":
        _take_gpu()
    group = distributed.TorchProcessGroup(device)
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


def _take_gpu() -> None:
    """Let this process compute on the GPU of its number on this machine.

    Raises: InputError: more processes than GPUs, on the first process. The others end after it: a launcher ends all
        processes once it sees that one has failed, and the first has to print the message.
    """
    import torch

    number, gpus = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    processes = count_local_ranks(default=number + 1)
    if processes > gpus:
        if number:
            with suppress(KeyboardInterrupt):  # SIGTERM from the launcher
                time.sleep(_FIRST_FAILS_WITHIN)
            sys.exit(FAILURE)
        raise InputError(
            f"{processes} processes, but {gpus} GPU{'s' * (gpus > 1)} on this machine: start {gpus} "
            f"(--nproc-per-node {gpus}), or use --device cpu."
        )
    torch.cuda.set_device(number)


def silence(flags: RunFlags) -> RunFlags:
    """Return the flags of the other ranks, which print nothing."""
    return replace(flags, output="", quiet=True, json=True, plot=None, timelapse=None, save_every=None)
