"""libvips, where it is installed: what reads and writes 16-bit colors."""

from __future__ import annotations

from typing import Any

from brushwork.errors import InputError

EXTRA = "pip install 'brushwork[giant]'"


def import_vips() -> Any | None:
    """The module pyvips, or None where it, or the library under it, is not installed."""
    try:
        import pyvips
    except (ImportError, OSError):
        return None
    return pyvips


def require_vips(why: str) -> Any:
    """The module pyvips.

    Raises: InputError: it is not installed; the message begins with `why` and says how to get it.
    """
    found = import_vips()
    if found is None:
        raise InputError(f"{why}, for which pyvips is needed: {EXTRA}.")
    return found
