"""`brushwork texture`: synthesize textures, by optimization or with a trained model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast

import torch
from cyclopts import Parameter

from brushwork.cli.config import resolve_options, split_init
from brushwork.cli.dashes import Picture, is_dash
from brushwork.cli.execute import execute, set_threads
from brushwork.cli.flags import PICTURES, ConfigFile, Given, make_flags
from brushwork.cli.output import log, print_json, print_result, write_file_to_stdout
from brushwork.cli.paths import output_paths, require_no_overwrite
from brushwork.cli.request import Execute, StdStreams, log_ignored, make_single_image_request
from brushwork.cli.run_flags import RunFlags
from brushwork.cli.temporary import temporary_beside
from brushwork.devices.select import select_device
from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.feedforward.networks.mgan import MGANConfig
from brushwork.feedforward.networks.texture_net import TextureNetwork
from brushwork.feedforward.texture import generate_mgan_texture, generate_texture
from brushwork.images import Size, write_image
from brushwork.options import Init
from brushwork.recipes import TextureOptions
from brushwork.recipes.texture_synthesis import texture_size
from brushwork.storage.file_names import to_command_line
from brushwork.types import Image

START_HELP = "Starting point: white noise (noise), gray, the picture itself (content, style), or another picture file."

if TYPE_CHECKING:
    TextureFlags: TypeAlias = Given
else:
    TextureFlags = make_flags(TextureOptions(), types={"init": str}, texts={"init": START_HELP})


_SIZE = Size(512, 512)
"""Size without `--size`."""

_MEANT = {"size", "seed"}
"""The texture options that a trained model accepts."""


def texture(
    image: Picture = "",
    /,
    *more: Picture,
    model: Annotated[str, Parameter(group=PICTURES, show_default=False)] = "",
    config: ConfigFile = None,
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[TextureFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Synthesize a texture of any size from an image.

    `brushwork texture pebbles.jpg --size 1024x512` writes pebbles-texture.png to the current folder.
    `brushwork texture --model auvers-texture --size 1024x512 --seed 3` generates one in one pass with a trained model
    (`brushwork train texture`).

    Parameters
    ----------
    image
        The source image: a file, a folder, or - for standard input.
    more
        More images; each gives a result of its own.
    model
        A texture model instead of an image: its file, or the name of one that comes with the package. It takes a size
        and a seed, and runs in about a second; results whose sides are multiples of 32 tile seamlessly.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    if model:
        _require_alone(image, execute)
        return run_texture_model(model, given, flags)
    if not image:
        raise InputError("no picture was given, and no --model: name one of them.")
    given, init = split_init(given, Init)
    return make_single_image_request(
        resolve_options(TextureOptions(), given), [image, *more], "texture", flags, init, execute
    )


def _require_alone(image: str, action: Execute) -> None:
    if image:
        raise InputError(f"the picture {image} and --model were both given: a painter draws what it has learned.")
    if action is not execute:
        raise InputError("a painter draws at once: there is nothing to plan.")


def run_texture_model(name: str, given: Given, flags: RunFlags) -> int:
    """Generate a texture with a trained model: its file, or the name of one that comes with the package.

    Raises: InputError: not a texture model, or options that it does not accept.
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
    if "texture" not in model.spec.purposes:
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
    """Print the path of the result, or write it to standard output if requested."""
    if not flags.quiet:
        log(f"drawn in {document['seconds']:.1f} s")
    if is_dash(flags.output):
        write_file_to_stdout(output)
    elif flags.json:
        print_json(document)
    else:
        print_result(str(output))
