"""Textures of a painter that has learned one: drawn at once, from noise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, cast

import torch

from brushwork.cli.at_once import tell_aside
from brushwork.cli.dashes import is_dash
from brushwork.cli.layers import settings
from brushwork.cli.options import Given
from brushwork.cli.order import Pipes
from brushwork.cli.output import print_json, result, send, tell
from brushwork.cli.perform import use_threads
from brushwork.cli.running import Running
from brushwork.cli.targets import outputs, require_free
from brushwork.cli.temporary import temporary_beside
from brushwork.errors import InputError
from brushwork.evaluate.machine import pick_device
from brushwork.fast.mgan import Mgan
from brushwork.fast.mgan_texture import draw_from_noise
from brushwork.fast.painter import Painter, load_painter
from brushwork.fast.pyramid import Pyramid, PyramidNetwork
from brushwork.fast.pyramid_texture import draw
from brushwork.names import command_line
from brushwork.picture import Size, write_picture
from brushwork.recipes import Texture
from brushwork.recipes.texture import canvas_size
from brushwork.types import Image

_SIZE = Size(512, 512)
"""Without `--size`."""

_MEANT = {"size", "seed"}
"""Options of a texture that a painter takes."""


def draw_texture(name: str, given: Given, running: Running) -> int:
    """Draw a texture by a painter: its file, or the name of one that comes with the package.

    Raises: InputError: no painter of textures, or options that one does not take.
    """
    _require(running)
    tell_aside(given, _MEANT, running)
    painter = _painter(name)
    options = settings(Texture(), {name: value for name, value in given.items() if name in _MEANT})
    with Pipes() as pipes:
        (output,) = outputs(pipes.target(running.output), [painter.name], many=False)
        if not running.force:
            require_free([output])
        use_threads(running.threads)
        began = monotonic()
        size = canvas_size(options, _SIZE)
        with temporary_beside(output.parent):
            picture = _drawn(painter, size, options.seed, pick_device(running.device))
        seconds = monotonic() - began
        story = {"command": _command(name, size, options.seed)}
        write_picture(picture, output, metadata=json.dumps(story), pyramid=running.pyramid, overwrite=running.force)
        _deliver(output, {"output": str(output), "painter": painter.name, "seconds": seconds}, running)
    return 0


def _drawn(painter: Painter, size: Size, seed: int, device: torch.device) -> Image:
    if isinstance(painter.settings, Mgan):
        return draw_from_noise(painter, size, seed, device)
    return draw(cast(PyramidNetwork, painter.network), size, seed, device)


def _painter(name: str) -> Painter:
    painter = load_painter(name)
    of_noise = isinstance(painter.settings, Pyramid) and not painter.settings.photograph
    if not of_noise and not isinstance(painter.settings, Mgan):
        raise InputError(
            f"{painter.name} paints photographs, and draws no textures: "
            f"{command_line(['brushwork', 'paint', 'PHOTO', '--painter', name])}"
        )
    return painter


def _command(name: str, size: Size, seed: int) -> str:
    asked = ("--size", f"{size.width}x{size.height}", "--seed", str(seed))
    return command_line(["brushwork", "texture", "--painter", name, *asked])


def _require(running: Running) -> None:
    asked = {"--resume": running.resume, "--save-every": running.save_every, "--plot": running.plot}
    unknown = [name for name, value in {**asked, "--timelapse": running.timelapse}.items() if value]
    if unknown:
        raise InputError(f"a painter draws at once, and does not know {unknown[0]}: it takes --size and --seed.")
    if running.json and is_dash(running.output):
        raise InputError("--json and -o - both want standard output: give the picture a file with -o.")


def _deliver(output: Path, document: Mapping[str, Any], running: Running) -> None:
    """Say where the picture is, or send it where it was asked for."""
    if not running.quiet:
        tell(f"drawn in {document['seconds']:.1f} s")
    if is_dash(running.output):
        send(output)
    elif running.json:
        print_json(document)
    else:
        result(str(output))
