"""The devices of this machine."""

from __future__ import annotations

import torch

from brushwork.errors import InputError, did_you_mean

DEVICES = ("cpu", "cuda", "mps", "xpu")


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; `auto` takes the accelerator where there is one, else the CPU.

    Raises: InputError: no such name, or no such device on this machine.
    """
    if name not in ("auto", *DEVICES):
        raise InputError(f"there is no device {name!r}. {did_you_mean(name, ('auto', *DEVICES))}")
    here = _accelerator()
    if name == "auto":
        return torch.device(here or "cpu")
    if name not in ("cpu", here):
        raise InputError(f"this machine has no {name} device{_why(name)}: take {here or 'cpu'}, or auto.")
    return torch.device(name)


def _accelerator() -> str | None:
    """The kind of accelerator that torch can use here, if it is one that paintings were tried on."""
    if not torch.accelerator.is_available():
        return None
    found = torch.accelerator.current_accelerator()
    return found.type if found is not None and found.type in DEVICES else None


def _why(name: str) -> str:
    """What is missing, where torch was built for another machine."""
    if name == "cuda" and torch.version.cuda is None and torch.version.hip is None:
        return f" that torch {torch.__version__} can use (it was built without CUDA)"
    return " that torch can use"
