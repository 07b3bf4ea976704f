"""Tiles (Deep Zoom) of pictures that are too large for a browser, made when a picture is first viewed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Lock
from typing import Any

from brushwork.studio.database import Database
from brushwork.studio.file_store import find_file
from brushwork.studio.folder import StudioFolder
from brushwork.studio.image_reader import ImageReader
from brushwork.studio.problems import ProblemError
from brushwork.studio.signatures import FILMS

TILE = 510
"""Pixels of a tile's side, without its overlap."""
OVERLAP = 1
"""Pixels that a tile shares with each neighbor."""

_MOST_PICTURES = 20
"""Number of pictures whose tiles are kept: those viewed last."""
_SECONDS = 300
"""Processor time for the tiles of a picture."""


class TileStore:
    """The tiles of stored pictures."""

    def __init__(self, folder: StudioFolder, database: Database) -> None:
        self._folder, self._database, self._lock = folder, database, Lock()

    def describe(self, sha256: str) -> str:
        """Return the Deep Zoom description of a picture's tiles, after making them if necessary.

        Raises: ProblemError: there is no such picture. InputError: it cannot be read.
        """
        known = self._require(sha256)
        os.utime(self._tiles(sha256, known["kind"]))
        width, height = known["width"], known["height"]
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpeg" Overlap="{OVERLAP}"'
            f' TileSize="{TILE}"><Size Width="{width}" Height="{height}"/></Image>\n'
        )

    def tile(self, sha256: str, level: int, column: int, row: int) -> Path:
        """Return the path of a tile.

        Raises: ProblemError: there is no such tile. InputError: the picture cannot be read.
        """
        path = self._tiles(sha256, self._require(sha256)["kind"]) / str(level) / f"{column}_{row}.jpeg"
        if not path.exists():
            raise ProblemError(404, "not-found", "There is no such tile.")
        return path

    def _require(self, sha256: str) -> dict[str, Any]:
        known = find_file(self._database, sha256)
        if known is None or known["kind"] in FILMS:
            raise ProblemError(404, "not-found", "There is no such picture.")
        return known

    def _tiles(self, sha256: str, kind: str) -> Path:
        folder = self._folder.tiles(sha256)
        if not folder.exists():
            with self._lock:  # tiles for two simultaneous viewers are made one after the other
                if not folder.exists():
                    self._make(sha256, kind, folder)
        return folder

    def _make(self, sha256: str, kind: str, folder: Path) -> None:
        if not self._folder.has_room():
            raise ProblemError(507, "disk-full", "The disk has less than 2 GB left: no tiles are made.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        kept = sorted(folder.parent.glob("*[0-9a-f]"), key=lambda one: one.stat().st_mtime)
        for old in kept[: max(0, len(kept) + 1 - _MOST_PICTURES)]:
            shutil.rmtree(old, ignore_errors=True)
        reader = ImageReader()  # its own reader: uploads do not wait for it, and its memory is free afterwards
        try:
            stored = self._folder.stored(sha256)
            reader.read_to_tiles(stored, kind, folder, side=TILE, overlap=OVERLAP, seconds=_SECONDS)
        finally:
            reader.close()
