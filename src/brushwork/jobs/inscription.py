"""What is written in a picture: the record of its job, and how far it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from brushwork.errors import InputError
from brushwork.jobs.checkpoint import Standing
from brushwork.jobs.record import Record
from brushwork.picture import read_metadata


class Inscription(NamedTuple):
    """What is read back from a picture."""

    record: Record
    finished: bool
    """Whether this is the job's picture, and not one that was kept at an interruption."""
    closures: int
    total: float
    losses: Mapping[str, float]


def inscribe(record: Record, standing: Standing | None, *, finished: bool) -> str:
    """The text for a picture's metadata; no standing: of one painted in one pass. The same job gives the same text."""
    result = {
        "finished": finished,
        "closures": standing.closures if standing else 0,
        "total": standing.total if standing else 0.0,
        "losses": dict(standing.losses) if standing else {},
    }
    return json.dumps({**record.to_json(), "result": result})


def read_inscription(path: Path) -> Inscription:
    """The opposite of `inscribe`.

    Raises: InputError: no picture, or one that brushwork did not paint.
    """
    text = read_metadata(path)
    if text is None:
        raise InputError(f"{path} holds no record of how it was painted: give a picture as brushwork wrote it.")
    try:
        data = json.loads(text)
        if command := data.get("command"):
            raise InputError(f"{path} was drawn at once by a painter: repeat it with {command}")
        result = data["result"]
        losses = {str(name): float(value) for name, value in result["losses"].items()}
        return Inscription(
            Record.from_json(data), bool(result["finished"]), int(result["closures"]), float(result["total"]), losses
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"the record in {path} cannot be read ({error!r}): it was changed.") from error
