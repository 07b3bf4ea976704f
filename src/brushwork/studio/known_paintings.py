"""The paintings that come with the studio: a few images, and the styles of the trained networks."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import as_file, files

from brushwork.studio.database import Database
from brushwork.studio.file_store import register_file, register_painting
from brushwork.studio.folder import StudioFolder

_PAINTINGS = files("brushwork.studio").joinpath("paintings")


def register_shipped(database: Database, folder: StudioFolder) -> None:
    """Put the images that come with the studio into its store, and list them as paintings."""
    entries = json.loads(_PAINTINGS.joinpath("paintings.json").read_text(encoding="utf-8"))
    for place, entry in enumerate(entries):
        with as_file(_PAINTINGS.joinpath(entry["file"])) as path:
            data = path.read_bytes()
        sha256 = _store(folder, data)
        register_file(
            database,
            sha256,
            count=len(data),
            kind="jpeg",
            width=entry["width"],
            height=entry["height"],
            name=entry["name"],
        )
        register_painting(database, sha256, name=entry["name"], sha256=sha256, model=None, used=len(entries) - place)


def register_models(database: Database, folder: StudioFolder) -> None:
    """List the trained networks that paint photographs, each with the image of its style. Imports torch."""
    from brushwork.feedforward.model import list_models, read_model_info
    from brushwork.images import image_size

    for name, path in list_models().items():
        info = read_model_info(path)
        if info.style is not None and not name.endswith("texture"):
            sha256 = _store(folder, info.style)
            size = image_size(folder.stored(sha256))
            count, width, height = len(info.style), size.width, size.height
            register_file(database, sha256, count=count, kind="jpeg", width=width, height=height, name=name)
            register_painting(database, f"model:{name}", name=name, sha256=sha256, model=name, used=0)


def _store(folder: StudioFolder, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    if not folder.stored(sha256).exists():
        file = folder.incoming / f"{sha256}.part"
        file.write_bytes(data)
        folder.store(file, sha256)
    return sha256
