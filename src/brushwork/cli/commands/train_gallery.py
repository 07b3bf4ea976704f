"""`brushwork train gallery`: train one network for many styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.config import resolve_options
from brushwork.cli.flags import ConfigFile, Given
from brushwork.cli.paths import list_images
from brushwork.cli.training import Dataset, InitFrom, TrainingFlags, make_training_flags, train_family
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions

if TYPE_CHECKING:
    GalleryFlags: TypeAlias = Given
else:
    GalleryFlags = make_training_flags(GalleryTrainingOptions())


def gallery(
    style: str,
    /,
    *more: str,
    dataset: Dataset,
    init_from: InitFrom = "",
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[GalleryFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Train one network to render any content image in one of many styles, or in a blend of them.

    `brushwork train gallery wave.jpg scream.jpg starry.jpg --dataset photographs/ -o gallery.safetensors`, and then
    `brushwork paint photo.jpg --model gallery.safetensors --style wave:0.6 starry:0.4`. Each style is named after its
    file. After Dumoulin, Shlens and Kudlur, 2017.

    Parameters
    ----------
    style
        The first style image.
    more
        The others; each is a style of its own.
    init_from
        A model of the same styles to initialize from, such as one that was trained with smaller crops.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    styles = list_images([style, *more], quiet=flags.quiet)
    options = resolve_options(GalleryTrainingOptions(), given)
    return train_family(flags, options, name="gallery", styles=styles, dataset=dataset, init=init_from)
