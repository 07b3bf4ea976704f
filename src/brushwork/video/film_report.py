"""A page about a film's metrics: columns over time, and the five worst pairs of frames."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from brushwork.images.encode import quantize
from brushwork.images.geometry import Size
from brushwork.storage.atomic import atomic_write
from brushwork.types import Image
from brushwork.video.clip import Clip
from brushwork.video.film_metrics import FilmMetrics, PairMetrics

_COLUMNS = {
    "warp_error": "warp error",
    "film_warp_error": "warp error of the film",
    "against_warp_error": "warp error of what it is compared with",
    "sharpness": "sharpness, relative",
    "brightness": "brightness",
    "stillness": "change where the film is still",
    "likeness": "perceptual distance to what it is compared with",
    "content": "perceptual distance to the film",
}
_WORST = 5
_WIDTH, _HEIGHT = 720, 90
_STYLE = "body{font:15px sans-serif;max-width:62em;margin:2em auto}svg{background:#f4f4f4}img{max-width:49%}"


def write_film_report(path: Path, metrics: FilmMetrics, result: Clip, *, overwrite: bool = True) -> None:
    """Write the page.

    Raises: InputError: it cannot be written.
    """
    rows = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}<td>{'' if value is None else f'{value:.5g}'}"
        for name, value in metrics.to_json().items()
        if name != "pairs"
    )
    plots = "".join(_plot(title, [getattr(one, name) for one in metrics.pairs]) for name, title in _COLUMNS.items())
    worst = sorted(metrics.pairs, key=lambda one: -one.warp_error)[:_WORST]
    page = (
        f"<!doctype html><meta charset=utf-8><title>{escape(result.info.path.name)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(result.info.path.name)}</h1><table>{rows}</table><h2>Over time</h2>{plots}"
        f"<h2>The worst pairs</h2>{''.join(_pairs(result, worst))}"
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


def _pairs(result: Clip, worst: list[PairMetrics]) -> list[str]:
    wanted = {number for one in worst for number in (one.frame, one.frame + 1)}
    size = result.info.size
    shown = {number: frame.to_image(size) for number, frame in enumerate(result.frames()) if number in wanted}
    return [
        f"<p>frames {one.frame} and {one.frame + 1}: {one.warp_error:.5f}<br>"
        f"{_picture(shown[one.frame], size)} {_picture(shown[one.frame + 1], size)}"
        for one in worst
    ]


def _picture(image: Image, size: Size) -> str:
    content = BytesIO()
    PillowImage.fromarray(np.ascontiguousarray(quantize(image))).save(content, "JPEG", quality=90)
    return f"<img width={size.width} src='data:image/jpeg;base64,{b64encode(content.getvalue()).decode()}'>"
