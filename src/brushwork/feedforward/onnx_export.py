"""Export of models to ONNX, for images of any size."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from brushwork.errors import InputError, require_extra
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.registry import config_to_json
from brushwork.feedforward.style_blend import style_blend, style_names
from brushwork.storage.atomic import atomic_write
from brushwork.storage.file_names import to_readable
from brushwork.types import Image

OPSET = 18
"""ONNX operator set version, from the end of 2022; mobile runtimes support it too."""

_EXAMPLE = (2, 3, 67, 75)
"""Shape of the export's example input; batch, height and width are dynamic in the result."""


def export_onnx(model: StyleModel, path: Path, *, style: Sequence[str] = (), overwrite: bool = False) -> Path:
    """Write a model as an ONNX file, atomically.

    It maps `photograph` (batch × 3 × height × width, sRGB in [0, 1]) to `picture`, in the same format, clipped. Its
    metadata hold the name, license, settings and training description. A model of several styles has a second input
    `style`, one weight for each, which sum to 1; the argument `style`, such as `wave:0.6`, `starry:0.4`, fixes the
    blend.

    Raises: InputError: the extra `onnx` is not installed, the model cannot be exported or has other styles, or the file
    cannot be written.
    """
    require_extra("an export", "onnx", "onnx", "onnxscript")
    if path.suffix.lower() != ".onnx":
        raise InputError(f"the output is {path}: its name must end in .onnx.")
    _require_determined(model)
    with atomic_write(path, overwrite=overwrite) as temporary:
        program = _program(model, style)
        program.model.metadata_props.update(_story(model))
        program.save(str(temporary), external_data=False)
    return path


class _Clipped(nn.Module):
    """A model with its output clipped to [0, 1]; with several styles, in a fixed blend or in one given as an input."""

    def __init__(self, network: nn.Module, blend: Tensor | None) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("fixed", blend)

    def forward(self, content: Image, blend: Tensor | None = None) -> Image:
        chosen = self.fixed if blend is None else blend
        image: Image = self.network(content) if chosen is None else self.network(content, chosen)
        return image.clamp(0, 1)


def _program(model: StyleModel, style: Sequence[str]) -> Any:
    names = style_names(model)
    takes_style = len(names) > 1 and not style
    network = _Clipped(model.network, None if takes_style else style_blend(model, style)).eval()
    blend = {"style": torch.full((len(names),), 1 / len(names))} if takes_style else {}
    try:
        with _quietly(), torch.no_grad():
            return torch.onnx.export(
                network,
                (torch.rand(_EXAMPLE), *blend.values()),
                dynamo=True,
                dynamic_shapes=({0: "batch", 2: "height", 3: "width"}, *[None for _ in blend]),
                input_names=["photograph", *blend],
                output_names=["picture"],
                opset_version=OPSET,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise InputError(f"{model.name} ({model.architecture}) cannot be exported: {_first_line(error)}") from error


def _story(model: StyleModel) -> Mapping[str, str]:
    """Return the metadata of the file."""
    return {
        "name": to_readable(model.name),
        "license": to_readable(model.license),
        "architecture": model.architecture,
        "settings": json.dumps(config_to_json(model.config)),
        "provenance": json.dumps(dict(model.provenance)),
        "pictures": "sRGB in [0, 1], batch × 3 × height × width, of any size",
    }


def _require_determined(model: StyleModel) -> None:
    if model.spec.needs_noise:
        raise InputError(
            f"{model.name} uses noise that depends on a seed, which ONNX cannot express: only networks without noise "
            "(johnson, mgan, multi-style) can be exported."
        )


@contextmanager
def _quietly() -> Iterator[None]:
    """Suppress the exporter's output and its warnings about its own internals."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
