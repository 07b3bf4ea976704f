"""Every way to compute on a GPU against the CPU in full precision.

    python bench/gpu/correctness.py --out FILE.json [--device cuda | --rehearse]

Each check gives an error and a limit. Gradients: ‖g − g*‖ / ‖g*‖ against the CPU's, at the photograph, of the losses
of `default`. Pictures: the largest difference of a value in [0, 1]; of films the mean, since their frames are stored
with losses. The limits are far above rounding: they tell a wrong path, such as a layer left out or a tile misplaced.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from common import PAINTING, PHOTO, read_arguments, write_results
from torch import Tensor

import brushwork
from brushwork.gradients.partition import FULL_IMAGE, FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.jobs import Job, run_job
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.video import FilmJob, OptimizedFilmOptions, run_film
from tiny_films import panned, pictures, write_clip

MODEL = brushwork.ModelOptions(model="gallery", style=("wave",))

GRADIENTS = {"full": 1e-3, "tf32": 0.05, "fp16": 0.05, "bf16": 0.3}
"""Precision → limit of its gradient's error."""

SAME, PICTURE, FILM = 1e-3, 16 / 255, 4 / 255
"""Limits: the same device in another way; pictures of another device (TF32 included); films."""

TILE = 384
"""Side of a tile in pixels, halo of VGG-19 included: the smallest that is of use."""

Check = tuple[str, float, Callable[[], float]]


class Checks:
    """All checks of a device."""

    def __init__(self, device: str, rehearse: bool, folder: Path) -> None:
        self.device, self.folder = device, folder
        self.size, self.larger = (64, TILE + 32) if rehearse else (512, 1024)
        self.options = replace(brushwork.load_preset("default"), min_size=0, jitter=0, init="content", iterations=2)

    def all(self) -> Iterator[Check]:
        """Yield name, limit and the function that measures the error."""
        for precision, limit in GRADIENTS.items():
            yield f"gradient, {precision}", limit, lambda one=precision: self.gradient_error(precision=one)
        yield "gradient, CUDA graphs", SAME, self.graph_error
        yield "gradient, tiles", SAME, self.tile_error
        yield "giant: painted in tiles, a pyramid", PICTURE, self.giant_error
        yield "model", PICTURE, lambda: self.picture_error(self.model)
        yield "AdaIN", PICTURE, lambda: self.picture_error(self.adain)
        yield "AdaIN, tiles", PICTURE, lambda: self.picture_error(lambda one: self.adain(one, side=TILE))
        yield "film, a model", FILM, lambda: self.film_error(replace(MODEL, size="full"))
        yield "film, optimized", FILM, lambda: self.film_error(replace(self.options, size=64))

    def gradient_error(self, **options: Any) -> float:
        return relative(self.gradient(self.device, self.size, **options), self.expected)

    @cached_property
    def expected(self) -> Tensor:
        """The CPU's gradient in full precision."""
        return self.gradient("cpu", self.size)

    def graph_error(self) -> float:
        """Two images, so that the second one is replayed."""
        plain, replayed = (self.gradient(self.device, self.size, twice=True, cuda_graphs=one) for one in (False, True))
        return relative(replayed, plain)

    def tile_error(self) -> float:
        partition = FullImage(Tiling(TILE))
        tiled = self.gradient(self.device, self.larger, partition=partition)
        return relative(tiled, self.gradient(self.device, self.larger))

    def gradient(
        self, device: str, size: int, *, twice: bool = False, partition: FullImage = FULL_IMAGE, **options: Any
    ) -> Tensor:
        """Return the gradient at the photograph, or with `twice` at another image, evaluated after it."""
        given = replace(self.options, size=size, **({"precision": "full"} | options))
        content, style = (self.image(path, size, device) for path in (PHOTO, PAINTING))
        encoder = load_encoder_for(given, device)
        problem = TransferProblem(content, [style], given, encoder, partition)
        evaluate = problem.evaluate_at(brushwork.Size.of(content))
        points = [content, content.flip(-1)] if twice else [content]
        for point in points:
            image = point.clone().requires_grad_()
            evaluate(image)  # type: ignore[operator]
        assert image.grad is not None
        return image.grad.cpu().double()

    def giant_error(self) -> float:
        """A job in tiles on the device, as a pyramid, against one in a piece on the CPU."""
        options = replace(self.options, size=self.larger, precision="full")
        job = Job(options=options, content=PHOTO, styles=(PAINTING,), output=self.folder / "whole.png", device="cpu")
        tiled = replace(
            job, output=self.folder / "tiled.tif", device=self.device, tiling=Tiling(TILE), pyramid=self.has_pyramids()
        )
        for one in (job, tiled):
            *_, _ = run_job(one)
        images = [brushwork.read_image(one.output).image for one in (job, tiled)]
        return float((images[0] - images[1]).abs().max())

    def picture_error(self, paint: Callable[[str], Tensor]) -> float:
        return float((paint(self.device).cpu() - paint("cpu")).abs().max())

    def model(self, device: str) -> Tensor:
        return brushwork.stylize(self.image(PHOTO, self.larger, device), MODEL.model, MODEL)

    def adain(self, device: str, side: int | None = None) -> Tensor:
        content, style = (self.image(path, self.larger, device) for path in (PHOTO, PAINTING))
        return brushwork.transfer_adain(content, [style], brushwork.AdaINOptions(size=self.larger), side=side)

    def film_error(self, method: Any) -> float:
        """A film of three frames; the mean difference of its frames."""
        clip = write_clip(self.folder / "clip.mp4", panned(3))
        styles = (PAINTING,) if method.takes_styles else ()
        optimized = OptimizedFilmOptions(first=2, later=2, passes=1)
        films = []
        for device in (self.device, "cpu"):
            output = self.folder / f"{device}.mp4"
            job = FilmJob(clip=clip, styles=styles, output=output, method=method, device=device, optimized=optimized)
            *_, _ = run_film(replace(job, crf=0, overwrite=True))
            films.append(np.stack(pictures(output)).astype(float))
        return float(np.abs(films[0] - films[1]).mean()) / 255

    @staticmethod
    def image(path: Path, size: int, device: str) -> Tensor:
        image = brushwork.read_image(path).image
        return brushwork.resize(image, brushwork.Size(size, size), clamp=True).to(device)

    @staticmethod
    def has_pyramids() -> bool:
        """Whether what writes pyramids is installed, the extra giant."""
        return find_spec("pyvips") is not None


def relative(found: Tensor, expected: Tensor) -> float:
    """Return ‖found − expected‖ / ‖expected‖."""
    return float((found - expected).norm() / expected.norm())


def main() -> None:
    arguments = read_arguments(__doc__)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, limit, measure in Checks(arguments.device, arguments.rehearse, Path(folder)).all():
            began, row = time.monotonic(), {"check": name, "limit": limit}
            try:
                error = measure()
                row |= {"error": error, "passed": error <= limit}
            except Exception as failure:
                row |= {"passed": False, "failure": f"{type(failure).__name__}: {failure}"}
            rows.append(row | {"seconds": round(time.monotonic() - began, 2)})
            print(rows[-1], flush=True)
            write_results(arguments, rows)
    raise SystemExit(0 if all(row["passed"] for row in rows) else 1)


if __name__ == "__main__":
    main()
