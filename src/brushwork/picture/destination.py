"""Where a picture goes: checked beforehand, and replaced at once or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from secrets import token_hex

from brushwork.errors import InputError
from brushwork.folders import expand_user
from brushwork.picture.formats import DEEP_ZOOM, format_of, require_pyramid
from brushwork.picture.vips import require_vips
from brushwork.picture.window import Size

ROOM = 16 * 2**20
"""Bytes that are surely enough for a picture of 2 megapixels in any format."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def check_writable(
    path: str | PathLike[str],
    *,
    overwrite: bool,
    bytes_needed: int = ROOM,
    bits: int = 8,
    size: Size | None = None,
    pyramid: bool = False,
) -> None:
    """Find out, before painting, whether a picture can be written to `path`.

    An empty file is made in the folder for a moment, under another name: permissions alone do not tell.

    Raises: InputError: an unknown ending, a missing or read-only folder, a file that is there and may not be
        overwritten, less room on the disk than `bytes_needed`, a `size` that the format does not hold, or 16 `bits`
        or Deep Zoom without pyvips.
    """
    path = expand_user(path)
    format = format_of(path)
    if size is not None and max(size) > format.max_side:
        raise InputError(f"{format.name} holds {format.max_side} pixels a side, not {size}: write .png or .tif.")
    if min(bits, format.bits) > 8:
        require_vips(f"{path.name} is to be written with 16 bits a sample")
    if pyramid:
        require_pyramid(format)
    if format is DEEP_ZOOM or pyramid:
        require_vips(f"{path.name} is to be written with its tiles")
    with _explained(path):
        path = _place(path, overwrite)
        _require_place(path, overwrite, format.companion_paths(path))
        with _temporary(path.parent):
            pass
        free = shutil.disk_usage(path.parent).free
    if free < bytes_needed:
        raise InputError(
            f"the disk of {path.parent} has {free:,} bytes left, and {bytes_needed:,} are needed: free some, "
            "or write elsewhere."
        )


@contextmanager
def atomic_write(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """A file to write into, which takes its place at the end: as a whole or not at all, even if the machine stops.

    A link stays a link: what it names is replaced.

    Raises: InputError: it cannot be written, or is there and may not be overwritten.
    """
    with _explained(path):
        path = _place(path, overwrite)
        with _temporary(path.parent) as temporary:
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
    with _explained(path):
        _require_place(path, overwrite, beside)
        with _temporary_folder(path.parent) as temporary:
            yield temporary
            getattr(os, "sync", lambda: None)()  # thousands of tiles: one by one would take longer than writing them
            for one in beside:
                if one.exists():
                    one.rename(temporary / f"{one.name}.before")
                (temporary / one.name).rename(one)
            _rename(temporary / path.name, path, overwrite)
        sync_folder(path.parent)


def _place(path: Path, overwrite: bool) -> Path:
    """The file that is written: the path, or what it names.

    Raises: InputError, FileExistsError: nothing can be written there.
    """
    _require_place(path, overwrite)  # also a link that leads nowhere is there already
    place = followed(path)
    if place != path:
        _require_place(place, overwrite)
    return place


def followed(path: Path) -> Path:
    """What a link names, through all links, whether or not it is there yet; any other path itself."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
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
        _require_place(path, overwrite)
        temporary.rename(path)


def _require_place(path: Path, overwrite: bool, beside: Sequence[Path] = ()) -> None:
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
def _explained(path: Path) -> Iterator[None]:
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
