"""Where a picture goes: checked beforehand, and replaced at once or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from brushwork.errors import InputError

ROOM = 16 * 2**20
"""Bytes that are surely enough for a picture of 2 megapixels in any format."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def atomic_write(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """A file to write into, which takes its place at the end: as a whole or not at all, even if the machine stops.

    A link stays a link: what it names is replaced.

    Raises: InputError: it cannot be written, or is there and may not be overwritten.
    """
    with explain_write_errors(path):
        path = resolve_target(path, overwrite)
        with temporary_file(path.parent) as temporary:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            _rename(temporary, path, overwrite)
        sync_folder(path.parent)


@contextmanager
def atomic_write_tree(path: Path, beside: Sequence[Path], *, overwrite: bool) -> Iterator[Path]:
    """A folder to write into a file and what lies beside it, by their names; the file, no link, takes its place last.

    Raises: InputError: as `atomic_write`; what is to lie beside is there.
    """
    with explain_write_errors(path):
        require_target(path, overwrite, beside)
        with _temporary_folder(path.parent) as temporary:
            yield temporary
            getattr(os, "sync", lambda: None)()  # thousands of tiles: one by one would take longer than writing them
            for one in beside:
                if one.exists():
                    one.rename(temporary / f"{one.name}.before")
                (temporary / one.name).rename(one)
            _rename(temporary / path.name, path, overwrite)
        sync_folder(path.parent)


def resolve_target(path: Path, overwrite: bool) -> Path:
    """The file that is written: the path, or what it names.

    Raises: InputError, FileExistsError: nothing can be written there.
    """
    require_target(path, overwrite)  # also a link that leads nowhere is there already
    place = followed(path)
    if place != path:
        require_target(place, overwrite)
    return place


def followed(path: Path) -> Path:
    """What a link names, through all links, whether or not it is there yet; any other path itself."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


@contextmanager
def temporary_file(folder: Path) -> Iterator[Path]:
    """A new, empty file in the folder, gone at the end unless it was renamed."""
    temporary = folder / f".brushwork-{token_hex(8)}.part"
    # With the permissions that any new file has: those of `tempfile` would keep the picture from other users.
    try:
        temporary.touch(exist_ok=False)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """A new folder in the folder, gone at the end with all that is still in it."""
    temporary = folder / f".brushwork-{token_hex(8)}.part"
    try:
        temporary.mkdir()
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        path.hardlink_to(temporary)  # fails where a file has appeared meanwhile, as renaming does not
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        require_target(path, overwrite)
        temporary.rename(path)


def require_target(path: Path, overwrite: bool, beside: Sequence[Path] = ()) -> None:
    """Refuse a path whose folder is missing, that is a folder, or that is there and may not be overwritten.

    Raises: InputError; FileExistsError.
    """
    if not path.parent.is_dir():
        kind = "is not a folder" if path.parent.exists() else "does not exist"
        raise InputError(
            f"the folder {path.parent} of {path.name} {kind}: make it first (mkdir -p), or write elsewhere."
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder: give a file name in it.")
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is a pipe or a device, and would be replaced by a file: give the name of a file.")
    for one in (path, *beside):
        with suppress(FileNotFoundError):
            one.lstat()  # complains about a name that is too long, too
            if not overwrite:
                raise FileExistsError(one)


def sync_folder(folder: Path) -> None:
    """Make the new name last, too, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def explain_write_errors(path: Path) -> Iterator[None]:
    """Turn errors of writing into an InputError that says what to do."""
    try:
        yield
    except FileExistsError as error:
        there = next((one for one in error.args if isinstance(one, Path)), path)
        raise InputError(f"{there} is there already: write elsewhere, or allow to overwrite it.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be written: {_reason(error, path.parent)}.") from error


def _reason(error: Exception, folder: Path) -> str:
    code = getattr(error, "errno", None)
    if code in _FULL:
        return f"the disk of {folder} is full; free some room, or write elsewhere"
    if code in _CLOSED:
        return f"the folder {folder} is read-only for you; get permission, or write elsewhere"
    return f"{error}; write elsewhere, or under another name"
