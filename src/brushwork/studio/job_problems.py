"""What is said of jobs that fail, without the paths of the server."""

from __future__ import annotations

from typing import Any

from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest

_CALLED = {
    "content": "the photograph",
    "paintings": "the painting",
    "start": "the picture to start from",
    "regions": "of the chosen part",
}
"""What the files of a request are called in messages."""


def without_paths(text: str, request: PaintingRequest, folder: StudioFolder) -> str:
    """Return a message with what its files are in place of where they are stored: no path leaves the server."""
    for role, files in request.files.items():
        for sha256 in files:
            stored = folder.stored(sha256)
            text = text.replace(str(stored), _CALLED[role]).replace(stored.name, _CALLED[role])
    return text.replace(str(folder.path), "the studio's folder")


def describe_problem(name: str, error: BaseException) -> dict[str, Any]:
    """Return what a job is told of an error; `name` is one of the titles here."""
    titles = {
        "out-of-memory": "It does not fit into memory",
        "cannot-be-painted": "It cannot be painted",
        "unexpected": "Something unexpected happened",
    }
    said = " ".join([str(error), *getattr(error, "__notes__", ())])
    detail = said if name != "unexpected" else f"{type(error).__name__}: {said}"
    return {"type": f"/problems/{name}", "title": titles[name], "detail": detail}


def describe_deaths(deaths: int) -> dict[str, Any]:
    """Return what a job is told whose workers died."""
    return {
        "type": "/problems/worker-died",
        "title": "The worker died",
        "detail": f"The worker died {deaths} times at the same place. Mostly memory ran out: take a smaller size.",
    }
