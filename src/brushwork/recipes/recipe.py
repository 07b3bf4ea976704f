"""The interface of a recipe's options to jobs and commands. A recipe is one file: its options and its run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self, TypedDict, Unpack

from brushwork.errors import require_type
from brushwork.images.geometry import Size
from brushwork.options import OptimizerOptions
from brushwork.options.groups import EncoderOptions
from brushwork.options.method import MethodOptions
from brushwork.storage.file_names import is_weights_file

if TYPE_CHECKING:
    from brushwork.controls.inputs import RecipeInputs
    from brushwork.encoders import Encoder
    from brushwork.gradients.partition import Partition
    from brushwork.recipes.multiscale import Progress, ResumeState
    from brushwork.types import Image


class RunArguments(TypedDict, total=False):
    """Arguments of a run, besides its images."""

    encoder: Encoder | None
    """Encoder that replaces the network named in the options; its device and dtype are used."""
    resume: ResumeState | None
    """State in which an earlier run stopped."""
    partition: Partition
    """The part of the image that this process computes; by default, all of it."""


@dataclass(frozen=True, kw_only=True)
class RecipeOptions(EncoderOptions, MethodOptions, ABC):
    """Options of a method that optimizes an image."""

    is_iterative: ClassVar[bool] = True

    content_name: ClassVar[str] = "the content image"
    """Name of the content image in messages."""

    larger_content: ClassVar[str] = "a larger --size or --min-size"
    """Flags that let a content image be encoded at a larger size, for messages."""

    @property
    @abstractmethod
    def encoded_layers(self) -> tuple[str, ...]:
        """The encoder layers that the recipe uses."""

    @abstractmethod
    def run(self, images: RecipeInputs, **how: Unpack[RunArguments]) -> Iterator[Progress]:
        """Run the recipe for this process's part of the image.

        Raises: InputError, WeightsError, DivergedError. NotAdditiveError: the recipe needs the full image, untiled.
        """

    def require_inputs(self, images: RecipeInputs, encoder: Encoder) -> None:
        """Check, before anything is computed, that the options and the images are compatible.

        Raises: InputError.
        """

    @abstractmethod
    def with_iterations(self, iterations: int) -> Self:
        """Return the options for the given number of iterations at one size only."""

    @property
    def optimizer_options(self) -> OptimizerOptions | None:
        """Options of the optimizer of the pixels; None: the recipe sets up Adam itself, at one level."""
        return None

    @property
    def starts_from_adain(self) -> bool:
        """Whether the initial image is the feed-forward AdaIN result, which jobs provide."""
        return False

    def with_found_network(self, folder: Path, weights: str) -> Self:
        """Return the options with the current path of the network's weights file."""
        from brushwork.encoders.load import find_same_encoder  # imports torch

        if not is_weights_file(self.network):
            return self
        found = find_same_encoder(Path(self.network), folder, weights, self.preprocessing)
        return replace(self, network=str(found))

    def enlarge(self, images: RecipeInputs, image: Image, size: Size, encoder: Encoder) -> Image:
        """Return an image of one of the sizes, enlarged to a larger one, as the run would start from it there."""
        from brushwork.images.resample import resize  # imports torch, which the options do not need

        return resize(image, size, clamp=True)

    def postprocess(self, content: Image, image: Image) -> Image:
        """Apply the final step to the full optimized image, such as color changes."""
        return image


def run_recipe(options: RecipeOptions, images: RecipeInputs, **how: Unpack[RunArguments]) -> Iterator[Progress]:
    """Run the recipe to which the options belong, for this process's part of the image.

    Raises: InputError, WeightsError, DivergedError: as the recipes do.
    """
    from brushwork.controls.inputs import RecipeInputs  # imports torch, which the options do not need

    require_type("options", options, RecipeOptions, "the options of a recipe, such as load_preset('default')")
    require_type("images", images, RecipeInputs, "RecipeInputs")
    return options.run(images, **how)
