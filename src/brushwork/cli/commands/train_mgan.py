"""`brushwork train mgan`: train a decoder for one style against a patch discriminator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.config import resolve_options
from brushwork.cli.flags import PICTURES, ConfigFile, Given, home_path
from brushwork.cli.paths import list_images
from brushwork.cli.training import Dataset, TrainingFlags, make_training_flags, train_family
from brushwork.training.tasks.mgan_options import MGANTrainingOptions

if TYPE_CHECKING:
    MarkovFlags: TypeAlias = Given
else:
    MarkovFlags = make_training_flags(MGANTrainingOptions())


def mgan(
    style: str,
    /,
    *more: str,
    dataset: Dataset,
    target_folder: Annotated[
        Path | None, Parameter(group=PICTURES, converter=home_path, metavar="FOLDER", show_default=False)
    ] = None,
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[MarkovFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Train a decoder of VGG-19 features for one style, against a patch discriminator.

    `brushwork train mgan painting.jpg --dataset photographs/ -o painting.safetensors`. First some of the images are
    stylized as by `brushwork paint --method mdan`, which takes most of the time; finished ones are kept if the training
    is interrupted. Then the decoder learns to give the same results in one forward pass. After Li and Wand, 2016.

    Parameters
    ----------
    style
        The style image.
    more
        More style images, whose patches are also used.
    target_folder
        Folder for the images that are stylized first; default: a folder beside the model.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    styles = list_images([style, *more], quiet=flags.quiet)
    options = resolve_options(MGANTrainingOptions(), given)
    return train_family(flags, options, name=styles[0].stem, styles=styles, dataset=dataset, targets=target_folder)
