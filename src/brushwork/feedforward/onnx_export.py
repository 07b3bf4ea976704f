"""Painters for other programs: ONNX, for pictures of any size."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.registry import config_to_json
from brushwork.feedforward.networks.texture_net import TextureNetConfig
from brushwork.storage.atomic import atomic_write
from brushwork.storage.file_names import to_readable
from brushwork.types import Image

OPSET = 18
"""Version of ONNX's operators: of the end of 2022, which programs on phones know too."""

_EXAMPLE = (2, 3, 67, 75)
"""The shape of the pictures that are exported by; their number and sides are free afterwards."""

_NEEDED = ("onnx", "onnxscript")


def export_onnx(model: StyleModel, path: Path, *, overwrite: bool = False) -> Path:
    """Write a painter as ONNX, as a whole or not at all: from `photograph` (batch × 3 × height × width, sRGB in [0, 1])
    to `picture`, likewise, clipped. Its metadata say the name, the license, the settings and the training record.

    Raises: InputError: the extra `onnx` is not installed, a painter that cannot be exported, or a place that cannot be
        written.
    """
    _require_onnx()
    if path.suffix.lower() != ".onnx":
        raise InputError(f"the export is to be {path}: its name must end in .onnx.")
    _require_determined(model)
    with atomic_write(path, overwrite=overwrite) as temporary:
        program = _program(model)
        program.model.metadata_props.update(_story(model))
        program.save(str(temporary), external_data=False)
    return path


class _Clipped(nn.Module):
    """A painter whose pictures lie in [0, 1]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, content: Image) -> Image:
        image: Image = self.network(content).clamp(0, 1)
        return image


def _program(model: StyleModel) -> Any:
    network = _Clipped(model.network).eval()
    try:
        with _quietly(), torch.no_grad():
            return torch.onnx.export(
                network,
                (torch.rand(_EXAMPLE),),
                dynamo=True,
                dynamic_shapes=({0: "batch", 2: "height", 3: "width"},),
                input_names=["photograph"],
                output_names=["picture"],
                opset_version=OPSET,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise InputError(f"{model.name} ({model.architecture}) cannot be exported: {_first_line(error)}") from error


def _story(model: StyleModel) -> Mapping[str, str]:
    """What stands in the file's metadata."""
    return {
        "name": to_readable(model.name),
        "license": to_readable(model.license),
        "architecture": model.architecture,
        "settings": json.dumps(config_to_json(model.config)),
        "record": json.dumps(dict(model.provenance)),
        "pictures": "sRGB in [0, 1], batch × 3 × height × width, of any size",
    }


def _require_determined(model: StyleModel) -> None:
    if isinstance(model.config, TextureNetConfig):
        raise InputError(
            f"{model.name} paints with noise that hangs on a seed, for which ONNX has no word: only networks without "
            "noise (johnson, mgan) can be exported."
        )


def _require_onnx() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(f"{' and '.join(missing)} are needed for an export: pip install 'brushwork[onnx]'.")


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's words, and its warnings about its own parts."""
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
