"""`brushwork train johnson`: a network learns one style."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.config import resolve_options
from brushwork.cli.flags import PICTURES, ConfigFile, Given, make_flags
from brushwork.cli.paths import list_images
from brushwork.cli.training import TrainingFlags, run_training
from brushwork.errors import InputError
from brushwork.feedforward.model import ENDING, load_model
from brushwork.training.config import TrainingConfig
from brushwork.training.provenance import describe_training
from brushwork.training.task import TrainingTask
from brushwork.training.tasks.johnson import make_johnson_task, with_model_architecture
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.training.tasks.style_images import make_thumbnail, read_styles

if TYPE_CHECKING:
    StyleFlags: TypeAlias = Given
else:
    StyleFlags = make_flags(JohnsonTrainingOptions(), without=("cuda_graphs",))


def johnson(
    style: str,
    /,
    *more: str,
    dataset: Annotated[Path, Parameter(group=PICTURES, metavar="FOLDER")],
    init_from: Annotated[str, Parameter(name="--init-from", group=PICTURES, show_default=False)] = "",
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[StyleFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Teach a network to paint any photograph in the style of a painting, in one pass.

    `brushwork train johnson painting.jpg --dataset photographs/ -o painting.safetensors`, and then
    `brushwork paint photo.jpg --model painting.safetensors`. On a processor, an iteration of `--width 16 --crop 128
    --batch 2` takes a third of a second, and some hundred of them show what it will be; `--init-from` another painter,
    fewer do.
    Several processes, or graphics cards, learn together:
    `torchrun --nproc-per-node 2 -m brushwork train johnson painting.jpg --dataset photographs/`.

    Parameters
    ----------
    style
        The painting.
    more
        More paintings, which are one style together.
    dataset
        A folder of photographs to learn from, with the folders in it; what cannot be read is named and left out.
    init_from
        A painter that knows another style already, to begin with: it learns several times as fast.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    styles = list_images([style, *more], quiet=flags.quiet)
    init = load_model(init_from) if init_from else None
    options = resolve_options(JohnsonTrainingOptions(), given)
    if init is not None:
        options = with_model_architecture(options, init, list(given))

    def prepared(device: torch.device) -> tuple[TrainingTask, TrainingConfig]:
        style_images = read_styles(styles)
        config = TrainingConfig(
            options=options,
            output=flags.output or Path(f"{styles[0].stem}{ENDING}"),
            photos=dataset,
            photo_size=options.photo_size,
            about=describe_training("johnson", options, styles=styles, photos=dataset, init=init),
            style=make_thumbnail(style_images),
        )
        return make_johnson_task(style_images, options, device, init), config

    _require(options, styles)
    return run_training(flags, prepared)


def _require(options: JohnsonTrainingOptions, styles: Sequence[Path]) -> None:
    if options.style_blend and len(options.style_blend) != len(styles):
        given = len(options.style_blend)
        raise InputError(f"style-blend has {given} weights for {len(styles)} paintings: give one for each.")
