"""Options of content reconstruction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Unpack

from brushwork.choices import Padding
from brushwork.images.geometry import Size
from brushwork.options import (
    Init,
    InitOptions,
    OptimizerOptions,
    ScheduleLevel,
    SizeOptions,
    check_options,
    register,
)
from brushwork.recipes.recipe import RecipeOptions, RunArguments

if TYPE_CHECKING:
    from brushwork.controls.inputs import RecipeInputs
    from brushwork.recipes.multiscale import Progress


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
    """Size to start at for coarse-to-fine optimization, in pixels (as `measure` says), multiplied by
    `size_step` until the full size; 0: one size only."""

    line_search: bool = True
    """Search the length of each L-BFGS step (strong Wolfe); shallow layers need it, where scales differ a
    thousandfold."""

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        """The layer to match."""
        return (self.layer,)

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the levels from `min_size` to the size of the result."""
        return self.make_schedule(content, self.size, self.measure)

    def run(self, images: RecipeInputs, **how: Unpack[RunArguments]) -> Iterator[Progress]:
        """Run `reconstruct`."""
        from brushwork.recipes.reconstruction import reconstruct  # imports torch, which the options do not need

        return reconstruct(images.content, self, init=images.init, **how)
