"""Content reconstruction: an image that has the same features at one layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from brushwork.choices import Padding
from brushwork.controls.inputs import RecipeInputs
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.options import Init, InitOptions, OptimizerOptions, ScheduleLevel, SizeOptions, check_options, register
from brushwork.options.groups import load_encoder_for
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.multiscale import Progress, ResumeState, make_schedule, optimize_multiscale
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import content_objective
from brushwork.recipes.recipe import RecipeOptions
from brushwork.types import Evaluate


@register
@dataclass(frozen=True, kw_only=True)
class ReconstructionOptions(SizeOptions, InitOptions, OptimizerOptions, RecipeOptions):
    """Options of content reconstruction."""

    method: ClassVar[str] = "reconstruct-content"
    takes_styles: ClassVar[bool] = False

    layer: str = "conv4_2"
    """Layer whose features are matched."""

    network: str = "vgg19"
    """Encoder network: vgg19 (the original, as in the paper's figure 1), or another."""

    padding: Padding = "zeros"
    """Padding of convolutions at the image border."""

    init: Init = "noise"
    """Initial image: the content image itself (content or style), white noise, or gray."""

    iterations: int = 500
    """Iterations (forward and backward passes) at the first size; 1 or more."""

    min_size: int = 0
    """Size to start at for coarse-to-fine optimization, in pixels (as `measure` says), doubled until the full size; 0:
    one size only."""

    line_search: bool = True
    """Search the length of each L-BFGS step (strong Wolfe); shallow layers need it, where scales differ a
    thousandfold."""

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        """The layer that is matched."""
        return (self.layer,)

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the levels from `min_size` to the size of the result."""
        return make_schedule(content, self.size, self.measure, self)

    def run(
        self,
        images: RecipeInputs,
        *,
        encoder: Encoder | None = None,
        resume: ResumeState | None = None,
        partition: Partition = FULL_IMAGE,
    ) -> Iterator[Progress]:
        """Run `reconstruct`."""
        return reconstruct(images.content, self, encoder=encoder, init=images.init, resume=resume, partition=partition)


def reconstruct(
    image: ImageInput,
    options: ReconstructionOptions,
    *,
    encoder: Encoder | None = None,
    init: ImageInput | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Find an image with the same features at one layer as the given one, starting from noise.

    Raises: InputError, DivergedError: as `transfer`.
    Source: 1508.06576, eq. 1 and fig. 1 (a–e); Mahendran & Vedaldi, 1412.0035.
    """
    given = RecipeInputs.of(image, init=init, what="the picture")
    eye = encoder or load_encoder_for(options, given.content.device)
    own, _, begun, _ = given.to(eye)
    plan = options.schedule(Size.of(own))

    def evaluate_at(size: Size) -> Evaluate:
        target = resize(own, size, clamp=True)
        objective = content_objective(
            target, eye, [options.layer], 1.0, NORMALIZATIONS["programs"], partition=partition
        )
        return partition.evaluate(eye, objective, size)

    if begun is None:
        begun = make_init_image(options, plan[0].size, own, own, options.encoder_scale)
    return optimize_multiscale(plan, evaluate_at, begun, options, resume, partition)
