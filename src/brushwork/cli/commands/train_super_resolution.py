"""`brushwork train super-resolution`: a network learns to make pictures larger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.config import resolve_options
from brushwork.cli.flags import PICTURES, ConfigFile, Given, make_flags
from brushwork.cli.training import TrainingFlags, run_training
from brushwork.feedforward.model import ENDING
from brushwork.options.groups import load_encoder_for
from brushwork.training.config import TrainingConfig
from brushwork.training.provenance import describe_training
from brushwork.training.task import TrainingTask
from brushwork.training.tasks.super_resolution import SuperResolutionTask, SuperResolutionTrainingOptions

if TYPE_CHECKING:
    LargerFlags: TypeAlias = Given
else:
    LargerFlags = make_flags(SuperResolutionTrainingOptions(), without=("cuda_graphs",))


def super_resolution(
    *,
    dataset: Annotated[Path, Parameter(group=PICTURES, metavar="FOLDER")],
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[LargerFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Teach a network to make pictures 2, 4 or 8 times as large, so that they look sharp.

    `brushwork train super-resolution --dataset photographs/ --factor 4 -o larger.safetensors`. Judged by what a network
    sees, as Johnson et al. do, pictures look sharper than by their pixels, and have a lower PSNR.

    Parameters
    ----------
    dataset
        A folder of photographs to learn from, with the folders in it; what cannot be read is named and left out.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    options = resolve_options(SuperResolutionTrainingOptions(), given)

    def prepared(device: torch.device) -> tuple[TrainingTask, TrainingConfig]:
        config = TrainingConfig(
            options=options,
            output=flags.output or Path(f"larger-{options.factor}{ENDING}"),
            photos=dataset,
            photo_size=options.photo_size,
            about=describe_training("super-resolution", options, photos=dataset),
        )
        return SuperResolutionTask(options, load_encoder_for(options, device)), config

    return run_training(flags, prepared)
