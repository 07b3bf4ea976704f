"""From what a picture was painted: as much of its record as every version of brushwork can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from brushwork.errors import InputError
from brushwork.jobs.again import find_by_hash
from brushwork.jobs.source import ImageSource
from brushwork.picture import read_metadata


class ImageOrigin(NamedTuple):
    """The files that a picture was painted from, and the network that it was painted with."""

    content: Path
    styles: tuple[Path, ...]
    network: str


def read_origin(path: Path) -> ImageOrigin:
    """Read the origin of a picture from its metadata; the options may be those of another version.

    Raises: InputError: no such record, or a file that is missing or has changed.
    """
    text = read_metadata(path)
    if text is None:
        raise InputError(f"{path} holds no record of how it was painted.")
    try:
        data = json.loads(text)
        content, styles = (
            ImageSource.from_json(data["content"]),
            [ImageSource.from_json(one) for one in data.get("styles") or data["paintings"]],
        )
        network = str(data["network"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"the record in {path} cannot be read ({error!r}): it was changed.") from error
    return ImageOrigin(
        find_by_hash(content, path.parent), tuple(find_by_hash(one, path.parent) for one in styles), network
    )
