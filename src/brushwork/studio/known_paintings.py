"""The paintings that come with the studio: a few images, and the styles of the trained networks."""

from __future__ import annotations

import hashlib
import json
import logging
from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path
from secrets import token_hex

from brushwork.errors import InputError
from brushwork.studio.database import Database
from brushwork.studio.file_store import find_file, forget_models, keep_file, model_and_style, register_painting
from brushwork.studio.folder import StudioFolder

_QUALITY = 90
_PAINTINGS = files("brushwork.studio").joinpath("paintings")


def register_shipped(database: Database, folder: StudioFolder) -> None:
    """Put the images that come with the studio into its store, and list them as paintings."""
    entries = json.loads(_PAINTINGS.joinpath("paintings.json").read_text(encoding="utf-8"))
    for place, entry in enumerate(entries):
        with as_file(_PAINTINGS.joinpath(entry["file"])) as path:
            data = path.read_bytes()
        sha256 = _keep(database, folder, data, entry["name"], entry["width"], entry["height"])
        register_painting(database, sha256, name=entry["name"], sha256=sha256, model=None, used=len(entries) - place)


def register_models(database: Database, folder: StudioFolder) -> None:
    """List the styles of trained networks that paint photographs, each with its image; drop those that are gone.

    A file that cannot be read is left out. Imports torch.
    """
    from brushwork.feedforward.model_lookup import list_models

    known: dict[str, bytes] = {}
    for name, path in list_models().items():
        try:
            known |= _styles_of(name, path)
        except (InputError, OSError) as error:
            logging.getLogger("brushwork.studio").warning("The model %s is left out: %s", name, error)
    for identity, image in known.items():
        _register_style(database, folder, identity, image)
    forget_models(database, list(known))


def _styles_of(name: str, path: Path) -> dict[str, bytes]:
    """Return the image of each style of a model, by its identity as a painting; empty: it only makes textures."""
    from brushwork.feedforward.model_info import read_model_info

    info = read_model_info(path)
    if info.style is None or not info.spec.takes_photographs:
        return {}
    names = [f"model:{name}:{style}" for style in info.settings.get("styles", ())] or [f"model:{name}"]
    return dict(zip(names, _split(info.style, len(names)), strict=True))


def _split(thumbnail: bytes, count: int) -> list[bytes]:
    """Return the images of a thumbnail of `count` squares side by side; if it is not one, the whole for each."""
    from PIL import Image  # which the server does not import

    with Image.open(BytesIO(thumbnail)) as image:
        side = image.height
        if count == 1 or image.width != count * side:
            return [thumbnail] * count
        parts = [BytesIO() for _ in range(count)]
        for place, part in enumerate(parts):
            image.crop((place * side, 0, (place + 1) * side, side)).save(part, "JPEG", quality=_QUALITY)
    return [part.getvalue() for part in parts]


def _register_style(database: Database, folder: StudioFolder, identity: str, image: bytes) -> None:
    from PIL import Image

    model, style = model_and_style(identity)
    name = style or model or ""
    with Image.open(BytesIO(image)) as opened:
        width, height = opened.size
    sha256 = _keep(database, folder, image, name, width, height)
    register_painting(database, identity, name=name, sha256=sha256, model=model, used=0)


def _keep(database: Database, folder: StudioFolder, data: bytes, name: str, width: int, height: int) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    if find_file(database, sha256) is None or not folder.stored(sha256).exists():
        file = folder.incoming / f"{token_hex(16)}.part"  # several workers may do this at once
        file.write_bytes(data)
        keep_file(database, folder, file, sha256, kind="jpeg", width=width, height=height, name=name)
    return sha256
