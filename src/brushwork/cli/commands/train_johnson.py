"""`brushwork train johnson`: train a network for one style."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork import feedforward, training
from brushwork.cli.config import resolve_options
from brushwork.cli.flags import ConfigFile, Given
from brushwork.cli.paths import list_images
from brushwork.cli.training import Dataset, InitFrom, TrainingFlags, make_training_flags, train_family
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions

if TYPE_CHECKING:
    StyleFlags: TypeAlias = Given
else:
    StyleFlags = make_training_flags(JohnsonTrainingOptions())


def johnson(
    style: str,
    /,
    *more: str,
    dataset: Dataset,
    init_from: InitFrom = "",
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[StyleFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Train a network to render any content image in one style, in one forward pass.

    `brushwork train johnson painting.jpg --dataset photographs/ -o painting.safetensors`, and then
    `brushwork paint photo.jpg --model painting.safetensors`. On a CPU, an iteration of `--width 16 --crop 128
    --batch 2` takes a third of a second, and a few hundred show what the result will look like; with `--init-from`
    another model, fewer do.

    Several processes or GPUs train together:
    `torchrun --nproc-per-node 2 -m brushwork train johnson painting.jpg --dataset photographs/`.

    Parameters
    ----------
    style
        The style image.
    more
        More style images; together they are one style.
    init_from
        A model of another style to initialize from: training is several times as fast.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    styles = list_images([style, *more], quiet=flags.quiet)
    init = feedforward.load_model(init_from) if init_from else None
    options = resolve_options(JohnsonTrainingOptions(), given)
    if init is not None:
        options = training.with_model_architecture(options, init, list(given))
    return train_family(flags, options, name=styles[0].stem, styles=styles, dataset=dataset, init=init_from)
