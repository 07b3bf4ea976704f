"""Files opened for reading."""

from __future__ import annotations

from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from brushwork.errors import InputError
from brushwork.picture.picture import IN_MEMORY
from brushwork.pipes import content_of_pipe

File: TypeAlias = BinaryIO | BufferedIOBase
"""A file that is open for reading bytes, or what behaves like one."""


def open_image_file(path: Path) -> BinaryIO:
    """The file, opened for reading.

    Raises: InputError: it is missing, a folder, or may not be read.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give a picture in it.")
        piped = content_of_pipe(path)
        return path.open("rb") if piped is None else BytesIO(piped)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: check the name and the folder.") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read: ask for permission (chmod +r), or copy it.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be opened ({error}): give the path of a picture.") from error


def make_seekable(file: File) -> File:
    """The file at its beginning; a pipe is read into memory."""
    if getattr(file, "seekable", bool)():
        file.seek(0)
        return file
    return BytesIO(file.read())


def require_bytes(file: File, name: str) -> None:
    """Refuse a file that is empty, or opened for text.

    Raises: InputError: either.
    """
    first = file.read(1)
    if not isinstance(first, bytes):
        raise InputError(f"{name} is opened for text: open it for bytes, mode 'rb'.")
    if not first:
        raise InputError(f"{name} is empty (0 bytes): get the file again.")


def file_name(file: File) -> str:
    """The name that the file was opened by, without its folder."""
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) and not name.startswith("<") else IN_MEMORY
