"""Files of tensors, opened wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import safe_open

from brushwork.names import is_utf8
from brushwork.pipes import require_no_pipe


@contextmanager
def open_tensors(path: Path) -> Iterator[Any]:
    """A safetensors file, opened; the tensors stay on the disk until they are used.

    safetensors takes paths in UTF-8 only: others are opened by their descriptor.

    Raises: OSError, SafetensorError: missing, damaged, or another kind of file. InputError: a pipe.
    """
    require_no_pipe(path)
    if is_utf8(path):
        with safe_open(path, framework="pt") as tensors:
            yield tensors
        return
    with path.open("rb") as file, safe_open(f"/dev/fd/{file.fileno()}", framework="pt") as tensors:
        yield tensors
