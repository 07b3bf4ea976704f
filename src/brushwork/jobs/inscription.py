"""What is written in a picture: the record of its job, and how far it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from brushwork.errors import InputError
from brushwork.jobs.checkpoint import Snapshot
from brushwork.jobs.record import Manifest
from brushwork.picture import read_metadata


class EmbeddedResult(NamedTuple):
    """What is read back from a picture."""

    manifest: Manifest
    is_finished: bool
    """Whether this is the job's picture, and not one that was kept at an interruption."""
    iterations: int
    total: float
    losses: Mapping[str, float]


def embed_result(manifest: Manifest, snapshot: Snapshot | None, *, finished: bool) -> str:
    """The text for a picture's metadata; no standing: of one painted in one pass. The same job gives the same text."""
    result = {
        "finished": finished,
        "iterations": snapshot.iterations if snapshot else 0,
        "total": snapshot.total if snapshot else 0.0,
        "losses": dict(snapshot.losses) if snapshot else {},
    }
    return json.dumps({**manifest.to_json(), "result": result})


def read_embedded_result(path: Path) -> EmbeddedResult:
    """The opposite of `embed_result`.

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
        return EmbeddedResult(
            Manifest.from_json(data),
            bool(result["finished"]),
            int(result.get("iterations", result.get("closures", 0))),
            float(result["total"]),
            losses,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"the record in {path} cannot be read ({error!r}): it was changed.") from error
