"""`brushwork train texture`: train a network that generates a texture, or stylizes images with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.config import resolve_options
from brushwork.cli.flags import PICTURES, ConfigFile, Given
from brushwork.cli.paths import list_images
from brushwork.cli.training import TrainingFlags, make_training_flags, train_family
from brushwork.training.tasks.texture_net_options import STYLIZED, TEXTURES

if TYPE_CHECKING:
    TextureTrainingFlags: TypeAlias = Given
else:
    TextureTrainingFlags = make_training_flags(TEXTURES, without=("photograph",))


def texture(
    style: str,
    /,
    *more: str,
    dataset: Annotated[Path | None, Parameter(group=PICTURES, metavar="FOLDER")] = None,
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[TextureTrainingFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Train a network to generate the texture of an image in one forward pass, at any size.

    `brushwork train texture pebbles.jpg -o pebbles.safetensors`, and then
    `brushwork texture --model pebbles.safetensors --size 1024x512`. On a CPU,
    `--crop 256 --style-size 128 --batch 1 --iterations 500 --schedule cosine` takes some minutes: small batches learn
    most per unit of time, and images larger than the style image show more of it.

    With `--dataset` it learns to stylize images. Defaults are then those of the same paper's program: 5 scales without
    1×1 convolutions, 3000 batches of 4, losses of the original network with content weight 0.6 at conv4_2 and style
    weight 1000, and no normalized gradients.

    Parameters
    ----------
    style
        The image whose texture is learned.
    more
        More images; together they are one texture.
    dataset
        Folder of images to stylize, subfolders included; without it, the model generates textures.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    styles = list_images([style, *more], quiet=flags.quiet)
    options = resolve_options(TEXTURES if dataset is None else STYLIZED, given)
    return train_family(flags, options, name=styles[0].stem, styles=styles, dataset=dataset)
