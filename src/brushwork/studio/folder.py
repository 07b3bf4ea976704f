"""The studio's folder: the database, the files by their SHA-256, and the work in progress."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from brushwork.errors import InputError
from brushwork.storage.atomic import sync_folder
from brushwork.storage.folder_lock import take_lock
from brushwork.storage.folders import user_data

DATABASE_VARIABLE = "BRUSHWORK_STUDIO_DATABASE"
"""Environment variable with the address of a database; fewer people see a password in it than in a command."""

LEAST_FREE = 2 * 2**30
"""Bytes that stay free on the disk: with fewer, nothing is uploaded and nothing new is painted."""


@dataclass(frozen=True)
class StudioFolder:
    """Paths inside the studio's folder, and the addresses of its databases."""

    path: Path
    address: str | None = None
    """PostgreSQL database that holds everything but the files; None: SQLite, in this folder."""

    @property
    def database(self) -> str:
        """Address of the studio's own tables."""
        return self.address or f"sqlite:///{quote(str(self._sqlite))}"

    @property
    def queue(self) -> str:
        """Address of the tables of dbos."""
        return self.address or f"sqlite:///{quote(str(self.path / 'queue.sqlite'))}"

    @property
    def exists(self) -> bool:
        """Whether a studio was started here before."""
        return self.address is not None or self._sqlite.exists()

    @property
    def incoming(self) -> Path:
        """Folder of incomplete uploads."""
        return self.path / "incoming"

    @property
    def _sqlite(self) -> Path:
        return self.path / "studio.sqlite"

    def stored(self, sha256: str) -> Path:
        """Return the path of a stored file."""
        return self.path / "store" / sha256[:2] / sha256[2:]

    def thumbnail(self, sha256: str, width: int) -> Path:
        """Return the path of a thumbnail, which may not exist yet."""
        return self.path / "thumbnails" / sha256[:2] / f"{sha256[2:]}-{width}.webp"

    def tiles(self, sha256: str) -> Path:
        """Return the folder of a picture's tiles, which may not exist yet."""
        return self.path / "tiles" / sha256

    def work(self, job: str) -> Path:
        """Return the folder of a job in progress."""
        return self.path / "work" / job

    def attempt(self, job: str, attempt: int) -> Path:
        """Return the folder of one attempt at a job: two workers never share a file."""
        return self.work(job) / str(attempt)

    def begin_attempt(self, job: str, attempt: int) -> Path:
        """Create the folder of an attempt, and return it. The time of its `began` file is when the attempt began."""
        folder = self.attempt(job, attempt)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "began").touch()
        return folder

    def latest_attempt(self, job: str) -> Path | None:
        """Return the folder of the latest attempt at a job; None: there was none."""
        return next(self._attempts(job), None)

    def preview(self, job: str) -> Path:
        """Return the path of the latest preview of a job."""
        return self.work(job) / "preview.webp"

    def latest_picture(self, job: str) -> Path | None:
        """Return the path of a job's preview, or else of its image so far; None: there is neither."""
        pictures = (self.preview(job), *(one / "result.png" for one in self._attempts(job)))
        return next((one for one in pictures if one.exists()), None)

    def _attempts(self, job: str) -> Iterator[Path]:
        numbers = [int(one.name) for one in self.work(job).glob("[0-9]*") if one.is_dir()]
        return (self.attempt(job, number) for number in sorted(numbers, reverse=True))

    def make(self) -> None:
        """Create the folders.

        Raises: InputError: they cannot be created.
        """
        try:
            for one in (self.incoming, self.path / "store", self.path / "work", self.path / "thumbnails"):
                one.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be used ({error.strerror}): name another one with --folder."
            ) from error

    def has_room(self) -> bool:
        """Return whether the disk has space for more files."""
        return shutil.disk_usage(self.path).free >= LEAST_FREE

    def store(self, file: Path, sha256: str) -> Path:
        """Move a complete file, whose bytes are on the disk, into the store; an existing file is kept."""
        target = self.stored(sha256)
        if target.exists():
            file.unlink()
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
        sync_folder(target.parent)
        return target

    def remove_work(self, job: str) -> None:
        """Remove all work files of a job, except its preview."""
        with suppress(OSError):
            for one in self.work(job).iterdir():
                if one.is_dir():
                    shutil.rmtree(one, ignore_errors=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Yield whether this process holds the lock of this name; it is freed when the process ends."""
        with (self.path / f"{name}.lock").open("w") as file:
            yield take_lock(file.fileno())


def has_newer_checkpoint(attempt: Path) -> bool:
    """Return whether a checkpoint was written during an attempt."""
    began = attempt / "began"
    kept = [*attempt.glob("*.checkpoint"), *attempt.glob("*.unfinished/*"), *attempt.glob("*.unfinished/*/*")]
    return began.exists() and any(one.stat().st_mtime_ns > began.stat().st_mtime_ns for one in kept)


def find_studio(folder: Path | None, address: str | None) -> StudioFolder:
    """Return the studio at a folder and a database address.

    `folder` None: BRUSHWORK_STUDIO, or one in the user's data folder. `address` None: BRUSHWORK_STUDIO_DATABASE,
    or SQLite.

    Raises: InputError: the address is not one of PostgreSQL.
    """
    if folder is None:
        given = os.environ.get("BRUSHWORK_STUDIO")
        folder = Path(given) if given else user_data() / "studio"
    address = address or os.environ.get(DATABASE_VARIABLE)
    if address:
        from brushwork.studio.database import check_address

        address = check_address(address)
    return StudioFolder(folder, address or None)
