"""How large a picture is, by its header alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from brushwork.errors import InputError
from brushwork.picture.decode import opened_by_pillow
from brushwork.picture.files import open_picture
from brushwork.picture.orientation import lies_on_its_side
from brushwork.picture.window import Size


def header_size(path: Path) -> Size | None:
    """The size that a picture file will have when it is read, upright; None where the header does not tell.

    Raises: InputError: the file cannot be opened.
    """
    with suppress(OSError):  # names that are too long: opening tells
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe is read once
            return None
    with open_picture(path) as file, suppress(InputError, OSError), opened_by_pillow(file, path.name) as image:
        own = Size(image.height, image.width)
        return Size(own.width, own.height) if lies_on_its_side(image) else own
    return None
