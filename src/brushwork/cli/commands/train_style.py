"""`brushwork train style`: train one more style on the trunk of a network for many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.config import resolve_options
from brushwork.cli.flags import PICTURES, ConfigFile, Given
from brushwork.cli.paths import list_images
from brushwork.cli.training import Dataset, TrainingFlags, make_training_flags, train_family
from brushwork.errors import InputError
from brushwork.training.tasks.gallery_options import StyleTrainingOptions

if TYPE_CHECKING:
    ScaleFlags: TypeAlias = Given
else:
    ScaleFlags = make_training_flags(StyleTrainingOptions())


def style(
    painting: str,
    /,
    *,
    dataset: Dataset,
    model: Annotated[str, Parameter(group=PICTURES)] = "gallery",
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[ScaleFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Train one more style on a network for many: only its scales and shifts, which takes minutes on a CPU.

    `brushwork train style mine.jpg --dataset photographs/ --model gallery.safetensors -o mine.safetensors`, and then
    `brushwork paint photo.jpg --model mine.safetensors`. After Dumoulin, Shlens and Kudlur, 2017, section 3.3.

    Parameters
    ----------
    painting
        The style image.
    model
        The model whose trunk is used, made by `brushwork train gallery`: its file or its name.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    found = list_images([painting], quiet=flags.quiet)
    if len(found) != 1:
        raise InputError(f"{painting} holds {len(found)} images: give the one whose style is learned.")
    options = resolve_options(StyleTrainingOptions(), given)
    return train_family(flags, options, name=found[0].stem, styles=found, dataset=dataset, init=model)
