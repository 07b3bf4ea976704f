"""Atomic writes: output paths are checked beforehand, and files are replaced completely or not at all."""

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
"""Bytes that suffice for an image of 2 megapixels in any format."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def atomic_write(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a temporary file that replaces `path` at the end, completely or not at all, even if the machine stops.

    A symbolic link stays a link: its target is replaced.

    Raises: InputError: it cannot be written, or it exists and may not be overwritten.
    """
    with explain_write_errors(path):
        path = resolve_target(path, overwrite)
        with temporary_file(path.parent) as temporary:
            yield temporary
            sync_file(temporary)
            _rename(temporary, path, overwrite)
        sync_folder(path.parent)


@contextmanager
def atomic_write_tree(path: Path, beside: Sequence[Path], *, overwrite: bool) -> Iterator[Path]:
    """Yield a folder in which to write a file and its companions, by name; at the end they are moved to their places.

    The file is moved last. `path` must not be a symbolic link.

    Raises: InputError: as `atomic_write`; or a companion exists and may not be overwritten.
    """
    with explain_write_errors(path):
        require_target(path, overwrite, beside)
        with _temporary_folder(path.parent) as temporary:
            yield temporary
            getattr(os, "sync", lambda: None)()  # thousands of tiles: syncing each would take longer than writing them
            _rename_all(temporary, path, beside, overwrite)
        sync_folder(path.parent)


def resolve_target(path: Path, overwrite: bool) -> Path:
    """Return the file that is written: the path, or the target of the link.

    Raises: InputError, FileExistsError: nothing can be written there.
    """
    require_target(path, overwrite)  # a dangling link counts as existing, too
    place = resolve_links(path)
    if place != path:
        require_target(place, overwrite)
    return place


def resolve_links(path: Path) -> Path:
    """Return the target of a symbolic link, through all links, whether or not it exists; any other path unchanged."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def is_same_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to the same file, through all links, even if it does not exist yet."""
    with suppress(OSError):  # one of them does not exist
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)


@contextmanager
def temporary_file(folder: Path) -> Iterator[Path]:
    """Yield a new, empty file in the folder, which is removed at the end unless it was renamed."""
    temporary = folder / f".brushwork-{token_hex(8)}.part"
    # With the default permissions: those of `tempfile` would hide the image from other users.
    try:
        temporary.touch(exist_ok=False)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder inside a folder, which is removed at the end with everything left in it."""
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
        path.hardlink_to(temporary)  # fails if a file has appeared in the meantime; renaming would not
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        require_target(path, overwrite)
        temporary.rename(path)


def link_or_copy(file: Path, name: Path) -> None:
    """Give a file a second name or, on a file system without links, copy it completely or not at all.

    Raises: FileNotFoundError; FileExistsError; OSError: it cannot be written.
    """
    try:
        name.hardlink_to(file)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        require_target(name, overwrite=False)
        with temporary_file(name.parent) as temporary:
            shutil.copyfile(file, temporary)
            temporary.rename(name)


def _rename_all(temporary: Path, path: Path, beside: Sequence[Path], overwrite: bool) -> None:
    """Move a file and its companions to their places; if that is interrupted, keep the previous ones."""
    try:
        for one in beside:
            if one.exists():
                one.rename(temporary / f"{one.name}.before")
            (temporary / one.name).rename(one)
        _rename(temporary / path.name, path, overwrite)
    except BaseException:
        if (temporary / path.name).exists():
            for one in beside:
                _put_back(temporary, one)
        raise


def _put_back(temporary: Path, companion: Path) -> None:
    """Undo the replacement of a companion, as far as it went."""
    new, before = temporary / companion.name, temporary / f"{companion.name}.before"
    if not new.exists():
        companion.rename(new)
    if before.exists():
        before.rename(companion)


def require_target(path: Path, overwrite: bool, beside: Sequence[Path] = ()) -> None:
    """Refuse a path in a missing folder, a folder, and a file that exists and may not be overwritten.

    Raises: InputError; FileExistsError.
    """
    if not path.parent.is_dir():
        kind = "is not a folder" if path.parent.exists() else "does not exist"
        raise InputError(
            f"the folder {path.parent} of {path.name} {kind}: create it first (mkdir -p), or write elsewhere."
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder: give a file name in it.")
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is a pipe or a device, which a file would replace: give the name of a file.")
    for one in (path, *beside):
        with suppress(FileNotFoundError):
            one.lstat()  # also raises for a name that is too long
            if not overwrite:
                raise FileExistsError(one)


def require_writable(path: Path, *, overwrite: bool) -> None:
    """Check before long work that a file can be written, as far as its path shows. Raises: InputError."""
    with explain_write_errors(path):
        require_target(path, overwrite)


def sync_file(file: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Make a new name in the folder durable, if the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def explain_write_errors(path: Path) -> Iterator[None]:
    """Turn write errors into an InputError that says what to do."""
    try:
        yield
    except FileExistsError as error:
        there = next((one for one in error.args if isinstance(one, Path)), path)
        advice = "write elsewhere, or overwrite it (--force; in Python, overwrite=True)"
        raise InputError(f"{there} already exists: {advice}.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be written: {_reason(error, path.parent)}.") from error


def _reason(error: Exception, folder: Path) -> str:
    code = getattr(error, "errno", None)
    if code in _FULL:
        return f"the disk of {folder} is full; free some space, or write elsewhere"
    if code in _CLOSED:
        return f"the folder {folder} is read-only for you; get permission, or write elsewhere"
    if code == errno.ENAMETOOLONG:
        return "the name is too long; write under a shorter one"
    return f"{error}; write elsewhere, or under another name"
