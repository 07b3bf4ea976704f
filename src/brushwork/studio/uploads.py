"""Uploads: streamed to a file with limits, hashed on the way, checked, and stored by their SHA-256."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex
from typing import Any

from starlette.concurrency import run_in_threadpool

from brushwork.images.geometry import Size
from brushwork.storage.atomic import link_or_copy
from brushwork.studio.database import Database
from brushwork.studio.file_store import find_file, keep_file, keep_result
from brushwork.studio.folder import StudioFolder
from brushwork.studio.image_reader import ImageReader
from brushwork.studio.problems import ProblemError
from brushwork.studio.settings import UploadLimits
from brushwork.studio.signatures import KINDS, SIGNATURE_BYTES, kind_of

THUMBNAIL_WIDTHS = (160, 320, 640, 2048)
"""Pixels; the widest stands for files that no browser shows."""

_LONGEST_NAME = 120


class UploadStore:
    """Takes uploads into the studio's folder."""

    def __init__(self, folder: StudioFolder, database: Database, reader: ImageReader, limits: UploadLimits) -> None:
        self._folder, self._database, self._reader, self._limits = folder, database, reader, limits

    async def receive(self, chunks: AsyncIterator[bytes], name: str, size: int | None) -> tuple[dict[str, Any], bool]:
        """Return the record of the uploaded file, and whether it is new.

        `size`: the announced number of bytes; None: unknown.

        Raises: ProblemError: too large, of another kind, or no space. InputError: not readable as an image.
        """
        self._require_bytes(size or 0)
        if not self._folder.has_room():
            raise ProblemError(507, "disk-full", "The disk has less than 2 GB left: nothing more is uploaded.")
        temporary = self._folder.incoming / f"{token_hex(16)}.part"
        try:
            sha256, first = await self._write(chunks, temporary)
            return await run_in_threadpool(self._take, temporary, sha256, first, name)
        finally:
            temporary.unlink(missing_ok=True)

    def thumbnail(self, sha256: str, width: int) -> Path:
        """Return the path of a thumbnail of a stored file, after making it if necessary.

        Raises: ProblemError: there is no such file, or no such width.
        """
        if width not in THUMBNAIL_WIDTHS:
            raise ProblemError(404, "not-found", f"Thumbnails are {', '.join(map(str, THUMBNAIL_WIDTHS))} pixels wide.")
        path = self._folder.thumbnail(sha256, width)
        if not path.exists():
            known = find_file(self._database, sha256)
            if known is None:
                raise ProblemError(404, "not-found", "There is no such file.")
            self._read(self._folder.stored(sha256), known["kind"], {width: path})
        return path

    def keep_picture(self, job: str) -> dict[str, Any] | None:
        """Store the last picture of a job that is over as its result, and return it; None: there is no picture yet."""
        shown = self._folder.latest_picture(job)
        if shown is None:
            return None
        kind, sha256 = shown.suffix.removeprefix("."), hashlib.sha256(shown.read_bytes()).hexdigest()
        width, height = self._read(shown, kind, {})
        kept = self._folder.incoming / f"{token_hex(16)}.part"
        link_or_copy(shown, kept)  # the page may be requesting it right now
        size = Size(height, width)
        return keep_result(self._database, self._folder, kept, sha256, kind=kind, size=size, is_finished=False)

    async def _write(self, chunks: AsyncIterator[bytes], path: Path) -> tuple[str, bytes]:
        found, count, first = hashlib.sha256(), 0, b""
        with path.open("wb") as file:
            async for chunk in chunks:
                if len(first) < SIGNATURE_BYTES:
                    first += chunk[: SIGNATURE_BYTES - len(first)]
                    if len(first) == SIGNATURE_BYTES:
                        _require_kind(first)
                count += len(chunk)
                self._require_bytes(count)
                found.update(chunk)
                await run_in_threadpool(file.write, chunk)
        return found.hexdigest(), first

    def _take(self, path: Path, sha256: str, first: bytes, name: str) -> tuple[dict[str, Any], bool]:
        kind = _require_kind(first)
        known = find_file(self._database, sha256)
        if known is not None and self._folder.stored(sha256).exists():
            return known, False
        width, height = self._read(path, kind, {320: self._folder.thumbnail(sha256, 320)})
        label = clean_label(name)
        is_new = keep_file(
            self._database, self._folder, path, sha256, kind=kind, width=width, height=height, name=label
        )
        found = find_file(self._database, sha256)
        assert found is not None
        return found, is_new

    def _read(self, path: Path, kind: str, thumbnails: dict[int, Path]) -> tuple[int, int]:
        return self._reader.read(path, kind, max_pixels=self._limits.max_pixels, thumbnails=thumbnails)

    def _require_bytes(self, count: int) -> None:
        if count > self._limits.max_bytes:
            raise ProblemError(
                413, "too-large", f"The file has more than {self._limits.max_bytes // 10**6} MB: give a smaller one."
            )


def _require_kind(first: bytes) -> str:
    kind = kind_of(first)
    if kind is None:
        raise ProblemError(415, "kind", f"This is no picture that can be painted from: give {KINDS}.")
    return kind


def clean_label(name: str) -> str:
    """Return a name from a client as a label: composed Unicode without control characters, and not too long."""
    name = unicodedata.normalize("NFC", name)
    name = "".join(" " if unicodedata.category(one).startswith("C") else one for one in name)
    return re.sub(r"\s+", " ", name).strip()[:_LONGEST_NAME]
