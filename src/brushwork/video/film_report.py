"""A report page of a film's metrics: plots over time, and the five worst pairs of frames."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image as PillowImage
from torch import Tensor

from brushwork.images.encode import quantize
from brushwork.images.geometry import Size
from brushwork.images.warp import Flow, warp
from brushwork.storage.atomic import atomic_write
from brushwork.types import Image
from brushwork.video.clip import Clip
from brushwork.video.film_evaluation import EVALUATION_FLOW
from brushwork.video.film_metrics import FilmMetrics, PairMetrics
from brushwork.video.optical_flow import FlowSource
from brushwork.video.pair_measures import hidden_pixels

_COLUMNS = {
    "warp_error": "warp error",
    "film_warp_error": "warp error of the film",
    "against_warp_error": "warp error of what it is compared with",
    "long_warp_error": "warp error against the frame eight before",
    "against_long_warp_error": "the same of what it is compared with",
    "first_warp_error": "warp error against the first frame of the shot",
    "motion": "difference of its motion from the film's (tOF), pixels",
    "sharpness": "sharpness, relative",
    "brightness": "brightness",
    "stillness": "change where the film is still",
    "likeness": "perceptual distance to what it is compared with",
    "content": "perceptual distance to the film",
    "flicker": "perceptual change from frame to frame, less the film's (tLP)",
}
_WORST = 5
_BRIGHTER = 4.0
_WIDTH, _HEIGHT = 720, 90
_STYLE = "body{font:15px sans-serif;max-width:62em;margin:2em auto}svg{background:#f4f4f4}img{max-width:33%}"


def write_film_report(
    path: Path,
    metrics: FilmMetrics,
    result: Clip,
    original: Clip,
    flow: FlowSource | None = None,
    *,
    overwrite: bool = True,
) -> None:
    """Write the page; `flow` is the one used for the metrics.

    Raises: InputError: the page cannot be written.
    """
    rows = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}<td>{'' if value is None else f'{value:.5g}'}"
        for name, value in metrics.to_json().items()
        if name != "pairs"
    )
    plots = "".join(_plot(title, [getattr(one, name) for one in metrics.pairs]) for name, title in _COLUMNS.items())
    source = flow or EVALUATION_FLOW
    worst = sorted(metrics.pairs, key=lambda one: -one.warp_error)[:_WORST]
    pairs = _pairs(result, original, worst, source)
    page = (
        f"<!doctype html><meta charset=utf-8><title>{escape(result.info.path.name)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(result.info.path.name)}</h1><table>{rows}</table><h2>Over time</h2>{plots}"
        "<h2>The worst pairs</h2>"
        "<p>Both frames, and the error of each pixel; red does not count: it is hidden in one of them.</p>"
        f"{''.join(pairs)}"
    )
    with atomic_write(path, overwrite=overwrite) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _plot(title: str, values: list[float | None]) -> str:
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if not known:
        return ""
    top = max(value for _, value in known) or 1.0
    across = _WIDTH / max(1, len(values) - 1)
    points = " ".join(f"{place * across:.1f},{_HEIGHT - value / top * (_HEIGHT - 4):.1f}" for place, value in known)
    line = f"<polyline points='{points}' fill='none' stroke='#15c'/>"
    return f"<p>{escape(title)}, up to {top:.4g}<br><svg width={_WIDTH} height={_HEIGHT}>{line}</svg>"


def _pairs(result: Clip, original: Clip, worst: list[PairMetrics], source: FlowSource) -> list[str]:
    size, shown = result.info.size, _frames(result, result.info.size, worst)
    film = _frames(original, size, worst)
    lines = []
    for one in worst:
        numbers = one.frame, one.frame + 1
        pair = source(film[numbers[0]], film[numbers[1]], numbers)
        hidden = hidden_pixels(pair.flow, pair.backward)
        errors = _error_map(shown[numbers[0]], shown[numbers[1]], pair.flow, hidden)
        pictures = " ".join(_picture(image, size) for image in (shown[numbers[0]], shown[numbers[1]], errors))
        lines.append(f"<p>frames {numbers[0]} and {numbers[1]}: {one.warp_error:.5f}<br>{pictures}")
    return lines


def _frames(clip: Clip, size: Size, worst: list[PairMetrics]) -> dict[int, Image]:
    wanted = {number for one in worst for number in (one.frame, one.frame + 1)}
    return {number: frame.to_image(size) for number, frame in enumerate(clip.frames(None, size)) if number in wanted}


def _error_map(one: Image, other: Image, flow: Flow, hidden: Tensor) -> Image:
    """Return a map of the root of each pixel's error, red where the error does not count."""
    error = (one - warp(other, flow)).square().mean(1, keepdim=True).sqrt().mul(_BRIGHTER).clamp(0, 1)
    red = torch.tensor([0.7, 0.1, 0.1]).view(1, 3, 1, 1)
    return torch.where(hidden, red, error.expand(-1, 3, -1, -1))


def _picture(image: Image, size: Size) -> str:
    content = BytesIO()
    PillowImage.fromarray(np.ascontiguousarray(quantize(image))).save(content, "JPEG", quality=90)
    return f"<img width={size.width} src='data:image/jpeg;base64,{b64encode(content.getvalue()).decode()}'>"
