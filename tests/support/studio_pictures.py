"""Pictures for tests of the studio, and how they get into its store."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from brushwork.studio.database import Database
from brushwork.studio.file_store import keep_file
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest

SMALL = {"size": 64, "min_size": 0, "iterations": 4, "network": "vgg19-normalized"}


def png(seed: int = 1, size: tuple[int, int] = (80, 64)) -> bytes:
    """Return a PNG of smooth colors that differ from seed to seed."""
    width, height = size
    tile = Image.new("RGB", (4, 4))
    tile.putdata([((seed * 37 * k) % 256, (seed * 91 + 53 * k) % 256, (29 * k * k + seed) % 256) for k in range(16)])
    buffer = BytesIO()
    tile.resize((width, height), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def put(folder: StudioFolder, database: Database, data: bytes) -> str:
    """Store a PNG, and return its SHA-256."""
    sha256 = hashlib.sha256(data).hexdigest()
    part = folder.incoming / sha256
    part.write_bytes(data)
    with Image.open(BytesIO(data)) as image:
        width, height = image.size
    keep_file(database, folder, part, sha256, kind="png", width=width, height=height, name="a picture")
    return sha256


def film(path: Path, size: tuple[int, int] = (64, 64), frames: int = 4) -> bytes:
    """Write a film of a few frames, and return its bytes."""
    import av

    with av.open(str(path), "w") as opened:
        stream = opened.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            with Image.open(BytesIO(png(1 + number, size))) as image:
                opened.mux(stream.encode(av.VideoFrame.from_image(image.convert("RGB"))))
        opened.mux(stream.encode())
    return path.read_bytes()


def small_request(folder: StudioFolder, database: Database, **options: Any) -> PaintingRequest:
    """Return a request for a small transfer."""
    return PaintingRequest(
        kind="transfer",
        content=put(folder, database, png(1)),
        paintings=(put(folder, database, png(2)),),
        options=SMALL | options,
    )
