"""Checks by a film's own tag whether an existing film is the requested one."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from brushwork.errors import InputError
from brushwork.images import read_metadata
from brushwork.storage.folders import expand_user
from brushwork.video.clip_info import open_container
from brushwork.video.film_job import FilmJob
from brushwork.video.image_sequence import FIRST
from brushwork.video.sequence_names import frame_file, is_sequence
from brushwork.video.signatures import demuxer_of
from brushwork.video.workspace import list_film_changes

TAG = "brushwork "
"""Beginning of a film's comment; the rest is its manifest as JSON."""


def require_same_film(job: FilmJob, manifest: dict[str, Any]) -> None:
    """Raise unless the film at a job's output has this manifest; its execution engine may differ.

    Raises: InputError: the clip, style images or options differ; the film is missing, incomplete or has no manifest.
    """
    there = None
    with suppress(InputError):  # no film, or a damaged one
        there = _read_manifest(expand_user(job.output))
    if there is None:
        raise InputError(
            f"{job.output} is there already, and does not say how it was painted, as animations and films of other "
            "programs do not: keep it without --resume, choose another output, or start over with --force."
        )
    if missing := there.pop("missing", 0):
        raise InputError(
            f"{job.output} lacks {missing} frames, as --finish left it, and the folder with what was painted is gone: "
            "choose another output, or start over with --force."
        )
    there["method"]["engine"] = manifest["method"]["engine"]
    if changed := list_film_changes(manifest, there):
        raise InputError(
            f"{job.output} is another film ({'; '.join(changed)}): give the same options and files, choose another "
            "output, or start over with --force."
        )


def read_film_tag(path: Path, demuxer: str) -> dict[str, Any] | None:
    """Return the manifest in a film's comment, or in a picture's metadata; None: it has none."""
    if demuxer == "images":
        return _parse(read_metadata(path) or "")
    with open_container(path, demuxer) as container:
        tags = {name.lower(): value for name, value in container.metadata.items()}
    return _parse(tags.get("comment", ""))


def count_frames(job: FilmJob) -> int:
    """Return the number of frames of the film at a job's output."""
    if is_sequence(job.output):
        return len(job.outputs)
    path = expand_user(job.output)
    with open_container(path, demuxer_of(path)) as container:
        stream = container.streams.video[0]
        return int(stream.frames) or sum(packet.pts is not None for packet in container.demux(stream))


def _read_manifest(output: Path) -> dict[str, Any] | None:
    if not is_sequence(output):
        return read_film_tag(output, demuxer_of(output))
    first = frame_file(output, FIRST)
    return read_film_tag(first, "images") if first.exists() else None


def _parse(text: str) -> dict[str, Any] | None:
    """Return the manifest in a tag; None: another program wrote it, or it was edited."""
    try:
        found = json.loads(text.removeprefix(TAG)) if text.startswith(TAG) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("method"), dict) else None
