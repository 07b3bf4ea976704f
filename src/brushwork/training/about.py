"""What a painter's file says of how it learned, and what must agree when a training goes on: no paths of a machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from brushwork.errors import InputError
from brushwork.fast.painter import Painter
from brushwork.folders import expanded
from brushwork.pipes import content_of_pipe
from brushwork.training.options import Learning
from brushwork.training.photographs import photographs_in

_MACHINE = ("engine", "replay")
"""Options that change nothing of what is learned but rounding."""


def about(
    family: str,
    options: Learning,
    *,
    styles: Sequence[Path] = (),
    photographs: Path | None = None,
    start: Painter | None = None,
) -> dict[str, Any]:
    """A story for JSON: the family of painters, the options, fingerprints of what is learned from.

    Raises: InputError: a file or a folder that is not there.
    """
    settings = {name: value for name, value in asdict(options).items() if name not in _MACHINE}
    story = {
        "family": family,
        "styles": [{"name": one.name, "sha256": digest_of(one)} for one in styles],
        "photographs_sha256": None if photographs is None else digest_of_names(photographs),
        "options": settings,
    }
    return story if start is None else {**story, "from": start.name}


def digest_of(path: Path) -> str:
    """sha256 of a file. Raises: InputError: it cannot be read."""
    try:
        path = expanded(path)
        piped = content_of_pipe(path)
        return sha256(path.read_bytes() if piped is None else piped).hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the name and the folder.") from error


def digest_of_names(folder: Path) -> str:
    """sha256 of the names of a folder's pictures: the same photographs in the same order."""
    names = [str(one.relative_to(expanded(folder))) for one in photographs_in(folder).pictures]
    return sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()
