"""Reconstruction: what a layer knows of a picture, made visible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from brushwork.perception.encoder import Encoder
from brushwork.perception.vgg import Padding
from brushwork.picture.read import ImageInput
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.balance import content_objective
from brushwork.recipes.coarse_to_fine import Progress, ResumeState, make_schedule, optimize_multiscale
from brushwork.recipes.convention import NORMALIZATIONS
from brushwork.recipes.options import EncoderOptions, Init, InitOptions, OptimizerOptions, SizeOptions, check_options
from brushwork.recipes.pictures import RecipeInputs
from brushwork.recipes.seeing import load_encoder_for
from brushwork.recipes.share import FULL_IMAGE, Partition
from brushwork.recipes.start import make_init_image
from brushwork.types import Evaluate


@dataclass(frozen=True, kw_only=True)
class ReconstructionOptions(SizeOptions, InitOptions, OptimizerOptions, EncoderOptions):
    """Options of a content reconstruction."""

    layer: str = "conv4_2"
    """Layer whose features are matched."""

    network: str = "vgg19"
    """Network that judges: vgg19 (the original, as in the paper's figure 1), or another."""

    padding: Padding = "zeros"
    """What convolutions see beyond the border."""

    init: Init = "noise"
    """Starting point: the picture itself (content or style), white noise, or gray."""

    iterations: int = 500
    """Closures (looks at the picture, forward and backward) at the first size; 1 or more."""

    min_size: int = 0
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    line_search: bool = True
    """L-BFGS searches each step's length (strong Wolfe): shallow layers need it, where scales differ a thousandfold."""

    def __post_init__(self) -> None:
        check_options(self)


def reconstruct(
    image: ImageInput,
    options: ReconstructionOptions,
    *,
    encoder: Encoder | None = None,
    init: ImageInput | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Find a picture that looks the same to one layer, from noise.

    Raises: InputError, Diverged: as `transfer`.
    Source: 1508.06576, eq. 1 and fig. 1 (a–e); Mahendran & Vedaldi, 1412.0035.
    """
    given = RecipeInputs.of(image, init=init, what="the picture")
    eye = encoder or load_encoder_for(options, given.content.device)
    own, _, begun, _ = given.to(eye)
    plan = make_schedule(Size.of(own), options.size, options.measure, options)

    def evaluate_at(size: Size) -> Evaluate:
        target = resize(own, size, clamp=True)
        objective = content_objective(
            target, eye, [options.layer], 1.0, NORMALIZATIONS["programs"], partition=partition
        )
        return partition.evaluate(eye, objective, size)

    if begun is None:
        begun = make_init_image(options, plan[0].size, own, own, options.encoder_scale)
    return optimize_multiscale(plan, evaluate_at, begun, options, resume, partition)
