"""Deep Zoom: a picture as a pyramid of tiles, which browsers show at any size.

`NAME.dzi` says how large it is, the folder `NAME_files` holds the tiles, and `NAME.html` is a page that shows them.

Source: Microsoft, Deep Zoom file format overview (the schema http://schemas.microsoft.com/deepzoom/2008).
"""

from __future__ import annotations

import html
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from brushwork.errors import InputError
from brushwork.names import to_readable
from brushwork.picture.metadata import make_xml_element
from brushwork.picture.window import Size

_TILE, _OVERLAP = 254, 1
"""Pixels; with the overlap on both sides, tiles are 256 pixels wide, as is usual."""

_END = "</Image>"

_FOREIGN = "vips-properties.xml"
"""What libvips knows of the picture; nothing reads it."""


def write_deep_zoom(pyvips: Any, image: Any, folder: Path, name: str, *, metadata: str | None, quality: int) -> None:
    """Write `name`.dzi, its tiles and its page into a folder; the metadata is an element of the former.

    Raises: InputError: libvips cannot write it.
    """
    place = os.fsencode(folder / name)
    suffix = f".jpg[Q={quality},subsample_mode=off]"  # no profile: browsers take it for sRGB
    try:
        image.dzsave(place, layout="dz", suffix=suffix, tile_size=_TILE, overlap=_OVERLAP, keep="none")
    except pyvips.Error as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the tiles of {name} cannot be written ({reason}): is the disk full?") from error
    (folder / f"{name}_files" / _FOREIGN).unlink(missing_ok=True)
    if metadata is not None:
        about = folder / f"{name}.dzi"
        text = about.read_text(encoding="utf-8")
        about.write_text(text.replace(_END, f"{make_xml_element(metadata)}\n{_END}"), encoding="utf-8")
    page = _page(name, Size(image.height, image.width))
    (folder / f"{name}.html").write_text(page, encoding="utf-8")


def _page(name: str, size: Size) -> str:
    """The viewer, told what to show."""
    address = quote(os.fsencode(f"{name}_files"), safe="")
    told = {"files": address, "width": size.width, "height": size.height, "tile": _TILE, "overlap": _OVERLAP}
    page = files("brushwork.picture").joinpath("deepzoom.html").read_text(encoding="utf-8")
    title, image = html.escape(to_readable(name)), json.dumps(told)
    # In a script, no text may look like its end.
    return page.replace("{{title}}", title).replace("{{picture}}", image.replace("<", "\\u003c"))
