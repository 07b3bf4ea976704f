"""`brushwork train mgan`: train a decoder for one style against a patch discriminator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork import training
from brushwork.cli.config import resolve_options
from brushwork.cli.flags import PICTURES, ConfigFile, Given, home_path, make_flags
from brushwork.cli.paths import list_images
from brushwork.cli.training import TrainingFlags, run_training
from brushwork.storage.file_names import MODEL_ENDING
from brushwork.training.tasks.mgan_options import MGANTrainingOptions

if TYPE_CHECKING:
    MarkovFlags: TypeAlias = Given
else:
    MarkovFlags = make_flags(MGANTrainingOptions())


def mgan(
    style: str,
    /,
    *more: str,
    dataset: Annotated[Path, Parameter(group=PICTURES, metavar="FOLDER")],
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
    dataset
        Folder of training images, subfolders included; files that cannot be read are reported and skipped.
    target_folder
        Folder for the images that are stylized first; default: a folder beside the model.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    styles = list_images([style, *more], quiet=flags.quiet)
    options = resolve_options(MGANTrainingOptions(), given)
    output = Path(f"{styles[0].stem}{MODEL_ENDING}")
    return run_training(
        flags,
        training.TrainingConfig(
            options=options, output=output, photos=dataset, styles=tuple(styles), targets=target_folder
        ),
    )
