"""The server's side of the process that decodes uploads: it is started when needed, and replaced when it dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from brushwork.errors import InputError
from brushwork.studio.problems import ProblemError

_FILES_A_PROCESS = 200
"""Files after which the process is replaced, so that nothing a decoder leaves behind adds up."""


_TOO_MUCH = "decoding the picture took more memory or time than is allowed: give a smaller one."


class ImageReader:
    """Reads sizes and makes thumbnails of images, in another process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock, self._read = Lock(), 0

    def read(
        self, path: Path, kind: str, *, max_pixels: int, thumbnails: Mapping[int, Path] | None = None
    ) -> tuple[int, int]:
        """Return the width and height of an image when upright, and write its thumbnails, given by their width.

        Raises: InputError: it cannot be read. ProblemError: it has too many pixels.
        """
        request = {
            "path": str(path),
            "kind": kind,
            "max_pixels": max_pixels,
            "thumbnails": {str(side): str(target) for side, target in (thumbnails or {}).items()},
        }
        answer = self._answer(request)
        return answer["width"], answer["height"]

    def read_to_tiles(self, path: Path, kind: str, folder: Path, *, side: int, overlap: int, seconds: int) -> None:
        """Write the tiles of an image into a new folder, in at most `seconds` of processor time.

        Raises: InputError: it cannot be read.
        """
        tiles = {"folder": str(folder), "side": side, "overlap": overlap}
        self._answer({"path": str(path), "kind": kind, "tiles": tiles, "seconds": seconds})

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            answer = self._ask(request) or self._ask(request)
        if answer is None:
            answer = {"error": _TOO_MUCH}
        if "too_large" in answer:
            raise ProblemError(413, "too-many-pixels", answer["too_large"])
        if "error" in answer:
            raise InputError(answer["error"])
        return answer

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer of the process; None: it was killed meanwhile, which is not the fault of the picture."""
        if self._process is None or self._process.poll() is not None or self._read >= _FILES_A_PROCESS:
            self._end()
            self._process, self._read = _start(), 0
        self._read += 1
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line.endswith("\n"):
            was_killed = self._process.wait() == -signal.SIGKILL
            self._end()
            return None if was_killed else {"error": _TOO_MUCH}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "brushwork.studio.ingest"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
