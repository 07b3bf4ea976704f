"""The report of an experiment or a sweep: a self-contained page, the measures as JSON, and a contact sheet."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import torch
from PIL import Image as Opened

from brushwork.experiments.contact_sheet import SHEET, is_sparse, make_contact_sheet, make_grid, unique
from brushwork.experiments.experiment import CellResult, ClaimCheck, Experiment, slugify
from brushwork.experiments.svg_plot import LossCurve, make_charts
from brushwork.jobs.manifest import describe_machine
from brushwork.storage.atomic import atomic_write
from brushwork.storage.file_names import to_readable
from brushwork.types import Image

SHOWN_QUALITY = 92
"""JPEG quality of images embedded in the page; the image files beside it are lossless."""


@dataclass(frozen=True)
class ExperimentReport:
    """A finished experiment with its results."""

    experiment: Experiment
    given: Sequence[tuple[str, Image]]
    """Names and images of the inputs."""
    results: Sequence[CellResult]
    commands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Row and column → the command that runs this cell at full size."""
    created_by: str = ""
    """The command that made the report."""
    device: str = "cpu"
    """Device on which the cells were computed."""

    def write(self, folder: Path) -> Path:
        """Write `report.html`, `figures.json` and `sheet.png` into the folder; return the page.

        With `has_sheet_per_row`, also write a sheet for each row, `sheet-ROW.png`.
        """
        for name, text in (("figures.json", self.to_json()), ("report.html", self.render())):
            with atomic_write(folder / name, overwrite=True) as path:
                path.write_text(to_readable(text), encoding="utf-8")
        for name, some in self._sheets():
            with atomic_write(folder / name, overwrite=True) as path:
                make_contact_sheet(some).save(path, "PNG")
        return folder / "report.html"

    def _sheets(self) -> Iterator[tuple[str, Sequence[CellResult]]]:
        yield SHEET, self.results
        if self.experiment.has_sheet_per_row:
            for row, cells in make_grid(self.results):
                yield f"sheet-{slugify(row)}.png", [*cells.values()]

    def to_json(self) -> str:
        """Return all measures as JSON."""
        cells = [{**_facts(result), "figures": result.measures, "curve": result.curve} for result in self.results]
        checks = [check._asdict() for check in self.checks]
        document: dict[str, Any] = {"experiment": self.experiment.name, "source": self.experiment.source}
        document |= {"command": self.created_by, "cells": cells}
        return json.dumps(
            {**document, "checks": checks, "machine": describe_machine(torch.device(self.device))}, indent=1
        )

    @cached_property
    def checks(self) -> Sequence[ClaimCheck]:
        """The paper's claims, checked."""
        return self.experiment.check(self.results)

    def render(self) -> str:
        """Return the report as a self-contained page."""
        template = files("brushwork.experiments").joinpath("report.html.jinja").read_text(encoding="utf-8")
        environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        return environment.from_string(template).render(
            experiment=self.experiment,
            checks=self.checks,
            rows=make_grid(self.results),
            columns=unique([result.column for result in self.results]),
            sparse=is_sparse(self.results),
            labelled=any(result.row for result in self.results),
            given=self.given,
            commands=self.commands,
            names=unique([name for result in self.results for name in result.measures]),
            results=self.results,
            charts=make_charts(self._curves()),
            seconds=self.seconds,
            made_by=self.created_by,
            machine=describe_machine(torch.device(self.device)),
            embedded=embed_image,
        )

    @property
    def seconds(self) -> float:
        """Total run time; cells with the same settings count once."""
        return sum({json.dumps(one.settings, sort_keys=True): one.seconds for one in self.results}.values())

    def _curves(self) -> Mapping[str, Mapping[str, LossCurve]]:
        return {row: {column: one.curve for column, one in cells.items()} for row, cells in make_grid(self.results)}


def embed_image(image: Path | Image) -> str:
    """Return an image as a data URL."""
    opened = Opened.open(image) if isinstance(image, Path) else Opened.fromarray(_bytes(image))
    buffer = io.BytesIO()
    opened.convert("RGB").save(buffer, "JPEG", quality=SHOWN_QUALITY, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _bytes(image: Image) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return (image[0].detach().cpu().permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()


def _facts(result: CellResult) -> dict[str, Any]:
    facts = {"row": result.row, "column": result.column, "seconds": result.seconds, "picture": result.picture.name}
    return {**facts, "settings": result.settings}
