"""Textures of a painter that has learned one: drawn at once, from noise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, cast

import torch

from brushwork.cli.at_once import log_ignored
from brushwork.cli.dashes import is_dash
from brushwork.cli.layers import resolve_options
from brushwork.cli.options import Given
from brushwork.cli.order import StdStreams
from brushwork.cli.output import log, print_json, print_result, write_file_to_stdout
from brushwork.cli.perform import set_threads
from brushwork.cli.running import RunFlags
from brushwork.cli.targets import output_paths, require_no_overwrite
from brushwork.cli.temporary import temporary_beside
from brushwork.errors import InputError
from brushwork.evaluate.machine import select_device
from brushwork.fast.mgan import MGANConfig
from brushwork.fast.mgan_texture import generate_mgan_texture
from brushwork.fast.painter import StyleModel, load_model
from brushwork.fast.pyramid import TextureNetConfig, TextureNetwork
from brushwork.fast.pyramid_texture import generate_texture
from brushwork.names import to_command_line
from brushwork.picture import Size, write_image
from brushwork.recipes import TextureOptions
from brushwork.recipes.texture import texture_size
from brushwork.types import Image

_SIZE = Size(512, 512)
"""Without `--size`."""

_MEANT = {"size", "seed"}
"""Options of a texture that a painter takes."""


def run_texture_model(name: str, given: Given, flags: RunFlags) -> int:
    """Draw a texture by a painter: its file, or the name of one that comes with the package.

    Raises: InputError: no painter of textures, or options that one does not take.
    """
    _require(flags)
    log_ignored(given, _MEANT, flags)
    model = _model(name)
    options = resolve_options(TextureOptions(), {name: value for name, value in given.items() if name in _MEANT})
    with StdStreams() as pipes:
        (output,) = output_paths(pipes.output_path(flags.output), [model.name], many=False)
        if not flags.force:
            require_no_overwrite([output])
        set_threads(flags.threads)
        began = monotonic()
        size = texture_size(options, _SIZE)
        with temporary_beside(output.parent):
            image = _drawn(model, size, options.seed, select_device(flags.device))
        seconds = monotonic() - began
        story = {"command": _command(name, size, options.seed)}
        write_image(image, output, metadata=json.dumps(story), pyramid=flags.pyramid, overwrite=flags.force)
        _deliver(output, {"output": str(output), "painter": model.name, "seconds": seconds}, flags)
    return 0


def _drawn(model: StyleModel, size: Size, seed: int, device: torch.device) -> Image:
    if isinstance(model.config, MGANConfig):
        return generate_mgan_texture(model, size, seed, device)
    return generate_texture(cast(TextureNetwork, model.network), size, seed, device)


def _model(name: str) -> StyleModel:
    model = load_model(name)
    of_noise = isinstance(model.config, TextureNetConfig) and not model.config.photograph
    if not of_noise and not isinstance(model.config, MGANConfig):
        raise InputError(
            f"{model.name} paints photographs, and draws no textures: "
            f"{to_command_line(['brushwork', 'paint', 'PHOTO', '--model', name])}"
        )
    return model


def _command(name: str, size: Size, seed: int) -> str:
    runs = ("--size", f"{size.width}x{size.height}", "--seed", str(seed))
    return to_command_line(["brushwork", "texture", "--model", name, *runs])


def _require(flags: RunFlags) -> None:
    runs = {"--resume": flags.resume, "--save-every": flags.save_every, "--plot": flags.plot}
    unknown = [name for name, value in {**runs, "--timelapse": flags.timelapse}.items() if value]
    if unknown:
        raise InputError(f"a painter draws at once, and does not know {unknown[0]}: it takes --size and --seed.")
    if flags.json and is_dash(flags.output):
        raise InputError("--json and -o - both want standard output: give the picture a file with -o.")


def _deliver(output: Path, document: Mapping[str, Any], flags: RunFlags) -> None:
    """Say where the picture is, or send it where it was asked for."""
    if not flags.quiet:
        log(f"drawn in {document['seconds']:.1f} s")
    if is_dash(flags.output):
        write_file_to_stdout(output)
    elif flags.json:
        print_json(document)
    else:
        print_result(str(output))
