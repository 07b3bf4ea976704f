"""Descriptions of the problems of failed jobs, without the paths of the server."""

from __future__ import annotations

import errno
from typing import Any

from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest

DISK_FULL = "/problems/disk-full"

_CALLED = {
    "content": "the photograph",
    "paintings": "the painting",
    "start": "the picture to start from",
    "regions": "of the chosen part",
}
"""Names of a request's files in messages."""


def without_paths(text: str, request: PaintingRequest, folder: StudioFolder) -> str:
    """Return a message with the roles of its files in place of their paths: no path leaves the server."""
    for role, files in request.files.items():
        for sha256 in files:
            stored = folder.stored(sha256)
            text = text.replace(str(stored), _CALLED[role]).replace(stored.name, _CALLED[role])
    return text.replace(str(folder.path), "the studio's folder")


def describe_problem(name: str, error: BaseException) -> dict[str, Any]:
    """Return the problem of a job that describes an error; `name` is one of the titles here."""
    titles = {
        "out-of-memory": "It does not fit into memory",
        "cannot-be-painted": "It cannot be painted",
        "unexpected": "Something unexpected happened",
    }
    said = " ".join([str(error), *getattr(error, "__notes__", ())])
    detail = said if name != "unexpected" else f"{type(error).__name__}: {said}"
    return {"type": f"/problems/{name}", "title": titles[name], "detail": detail}


def is_disk_full(error: BaseException | None) -> bool:
    """Return whether an error, or one of its causes, is that a disk has no space left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def describe_full_disk() -> dict[str, Any]:
    """Return the problem of a job that is paused because a disk has no space left."""
    return {
        "type": DISK_FULL,
        "title": "The disk is full",
        "detail": "It is paused, with what it had reached, and goes on by itself when 2 GB are free.",
    }


def describe_deaths(deaths: int) -> dict[str, Any]:
    """Return the problem of a job whose workers died."""
    return {
        "type": "/problems/worker-died",
        "title": "The worker died",
        "detail": f"The worker died {deaths} times at the same place. Mostly memory ran out: take a smaller size.",
    }
