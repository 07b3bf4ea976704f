"""How large a picture is, by its header alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from brushwork.errors import InputError
from brushwork.picture.decode import open_with_pillow
from brushwork.picture.files import open_image_file
from brushwork.picture.orientation import is_rotated
from brushwork.picture.window import Size


def read_header_size(path: Path) -> Size | None:
    """The size that a picture file will have when it is read, upright; None where the header does not tell.

    Raises: InputError: the file cannot be opened.
    """
    with suppress(OSError):  # names that are too long: opening tells
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe is read once
            return None
    with open_image_file(path) as file, suppress(InputError, OSError), open_with_pillow(file, path.name) as image:
        own = Size(image.height, image.width)
        return Size(own.width, own.height) if is_rotated(image) else own
    return None
