"""Content reconstruction: an image that has the same features at one layer."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from brushwork.controls.inputs import RecipeInputs
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.options import require_options
from brushwork.options.encoder import choose_encoder
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.multiscale import Progress, ResumeState, optimize_multiscale, resume_on
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import content_objective
from brushwork.recipes.reconstruction_options import ReconstructionOptions
from brushwork.types import Evaluate


@torch.inference_mode(False)
def reconstruct(
    image: ImageInput,
    options: ReconstructionOptions,
    *,
    encoder: Encoder | None = None,
    init: ImageInput | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Find an image with the same features at one layer as the given one, starting from noise by default.

    Raises: InputError, DivergedError: as in `transfer`.
    Source: 1508.06576, eq. 1 and fig. 1 (a–e); Mahendran & Vedaldi, 1412.0035.
    """
    require_options(options, ReconstructionOptions)
    given = RecipeInputs.of(image, init=init, what="the source image")
    network = choose_encoder(encoder, options, given.content.device)
    source, _, init_image, _ = given.to(network)
    plan = options.schedule(Size.of(source))

    def evaluate_at(size: Size) -> Evaluate:
        target = resize(source, size, clamp=True)
        objective = content_objective(
            target, network, [options.layer], 1.0, NORMALIZATIONS["programs"], partition=partition
        )
        return partition.evaluate(network, objective, size)

    start = resume_on(source.device, resume) or init_image
    if start is None:
        start = make_init_image(options, plan[0].size, source, source, options.encoder_scale)
    return optimize_multiscale(plan, evaluate_at, start, options, partition)
