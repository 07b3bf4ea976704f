"""What an engine of the comparison is asked to paint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import PIL.Image

EXAMPLES = Path(__file__).parent.parent / "examples"
PHOTOGRAPH, PAINTING = EXAMPLES / "bridge.jpg", EXAMPLES / "great_wave.png"

PEERS = {"pastiche": "1.6.0", "neural-style": "0.5.7"}
"""Name and version; also the names of the engines."""

OURS = "brushwork"

PRESETS = {"pastiche": "pastiche", "neural-style": "neural-style-pt"}
"""Peer → our settings with the same objective."""

NETWORKS = {"pastiche": "vgg19-quantized", "neural-style": "vgg19"}
"""Peer → the weights that both are run with: pastiche has no others than its own."""


@dataclass(frozen=True)
class Task:
    """A square picture of a size, painted by a peer or by brushwork with the peer's objective and weights."""

    engine: str
    peer: str
    size: int
    """Pixels of a side."""
    closures: int
    """Budget of the optimizer; of the last level, for ours."""
    folder: str
    """Where `content.png` and `style.png` of that size lie, and `vgg19-d01eb7cb.pth` for neural-style."""
    device: str = "cpu"
    changes: dict[str, Any] = field(default_factory=dict)
    """Options of ours that differ from the peer's: the schedule."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Task:
        return cls(**json.loads(text))


def lay_out(folder: Path, size: int) -> None:
    """Write both pictures, cut to squares of a size, so that no engine resizes anything."""
    for name, source in (("content.png", PHOTOGRAPH), ("style.png", PAINTING)):
        image = PIL.Image.open(source).convert("RGB")
        side = min(image.size)
        left, top = ((length - side) // 2 for length in image.size)
        square = image.crop((left, top, left + side, top + side))
        square.resize((size, size), PIL.Image.Resampling.LANCZOS).save(folder / name)
