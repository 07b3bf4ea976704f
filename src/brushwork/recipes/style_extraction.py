"""Extraction of an image's style, to save as a style file."""

from __future__ import annotations

import torch

from brushwork.controls.adain import NETWORK, encode_style, load_adain_encoder
from brushwork.controls.inputs import RecipeInputs, require_single
from brushwork.controls.style_file import ADAIN, EncoderFingerprint, StyleFile
from brushwork.controls.style_scale import style_pixels, style_size
from brushwork.encoders import Encoder
from brushwork.encoders.encoder import PIXELS
from brushwork.errors import InputError
from brushwork.images.geometry import Size, fit_size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.options import require_options
from brushwork.options.encoder import choose_encoder
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.recipes.transfer_options import TransferOptions
from brushwork.style import Style
from brushwork.types import Image


def extract_style(
    style: ImageInput, options: TransferOptions, source: str, *, encoder: Encoder | None = None
) -> StyleFile:
    """Extract the style of an image, as a transfer with these options encodes it at each of its sizes.

    For any content image, a transfer with the result equals one with the style image itself, given the same size and
    encoder options (for sizes that measure an area: up to the rounding of pixels).
    `source` names the style image.

    Raises: InputError: an image too small, several scales, a stretched style, or layers that the network does not have.
    """
    require_options(options, TransferOptions)
    given = RecipeInputs.of(style, what="the style image")
    require_single(given.content, "the style image")
    network = choose_encoder(encoder, options, given.content.device)
    if len(options.style_scale) > 1:
        raise InputError("a style file has one --style-scale: extract one file for each, and paint with all of them.")
    if options.style_fit == "stretched":
        raise InputError(
            "style-fit stretched needs the content's proportions, which are unknown when a style is extracted."
        )
    (scale,) = options.style_scale
    image = given.to(network).content
    problem, own = TransferProblem(image, [image], options, network), Size.of(image)
    layers = tuple(dict.fromkeys(map(network.layer, (*options.content_layers, *options.style_layers, PIXELS))))
    finest, *coarser = reversed(_sizes(options, own))
    # An elongated style image may be too small.
    seen = [
        finest,
        *(
            size
            for size in coarser
            if min(style_size(options, size, own, scale, options.style_fit)) >= network.min_size(layers)
        ),
    ]
    styles = {style_pixels(options, size, scale): problem.style_at(size, layers) for size in reversed(seen)}
    if network.name == NETWORK:
        styles = _with_adain(styles, image, options, network)
    largest = style_size(options, finest, own, scale, options.style_fit)
    return StyleFile(source, EncoderFingerprint.of(options, options, network), largest, styles)


@torch.no_grad()
def _with_adain(styles: dict[int, Style], image: Image, options: TransferOptions, encoder: Encoder) -> dict[int, Style]:
    """Return the styles, with AdaIN's statistics at each size, encoded as AdaIN encodes a style image."""
    adain_encoder, own = load_adain_encoder(encoder.engine).to(image.device), Size.of(image)
    found = {}
    for pixels, style in styles.items():
        scaled = resize(image, fit_size(own, pixels, measure=options.measure), clamp=True)
        found[pixels] = Style({**style.statistics, ADAIN: encode_style(adain_encoder, scaled).to_entry()})
    return found


def extraction_size(style: Size, options: TransferOptions) -> Size:
    """Return the largest size at which `extract_style` encodes a style image, at its largest scale."""
    scale = max(options.style_scale)
    return style_size(options, _sizes(options, style)[-1], style, scale, options.style_fit)


def _sizes(options: TransferOptions, style: Size) -> list[Size]:
    """Return the sizes, small to large.

    They are the sizes of a square, which include those of content images of any proportions.
    """
    square = style if options.size == "full" else Size(options.size, options.size)
    return [level.size for level in options.schedule(square)]
