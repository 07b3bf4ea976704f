"""Parts of the perceptual losses that the tasks share."""

from __future__ import annotations

from torch import Tensor

from brushwork.encoders import Encoder
from brushwork.feedforward.networks.johnson import TANH_LIMIT
from brushwork.objective import Objective
from brushwork.options import ContentOptions
from brushwork.recipes.normalization import LossNormalization
from brushwork.recipes.objectives import content_objective
from brushwork.style import Style
from brushwork.types import Image


def photo_objective(
    photos: Image, encoder: Encoder, options: ContentOptions, normalization: LossNormalization, style: Style
) -> Objective:
    """Return the content loss of stylized photographs, weighted as when optimizing an image."""
    return content_objective(
        photos,
        encoder,
        options.content_layers,
        options.content_weight,
        normalization,
        style,
        layer_weights=options.content_layer_weights,
    )


def range_penalty(last: Image) -> Tensor:
    """Return the mean squared excess of the final tanh's inputs over those of black and white."""
    return (last - last.clamp(-TANH_LIMIT, TANH_LIMIT)).square().mean()
