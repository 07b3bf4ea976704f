"""Check that style images, style files and regions are compatible with the options of a style transfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from brushwork.controls.color import require_color_images
from brushwork.controls.inputs import StyleRegion, require_regions, require_single
from brushwork.controls.style_file import EncoderFingerprint, StyleFile
from brushwork.controls.style_scale import scaled_styles
from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.losses import style_losses
from brushwork.options.style_losses import parse_loss_weights, require_losses, require_statistics_only
from brushwork.recipes.init_image import require_init_image
from brushwork.style import normalize_weights
from brushwork.types import Image

if TYPE_CHECKING:
    from brushwork.recipes.transfer_options import TransferOptions


def require_compatible_styles(
    options: TransferOptions,
    styles: Sequence[Image | StyleFile],
    regions: Sequence[StyleRegion],
    encoder: Encoder,
    *,
    has_init: bool = False,
) -> None:
    """Check that style files were made with the encoder options in use, and that the options are compatible.

    `has_init` says that the initial image is given, whatever the options name.

    Raises: InputError: they are not, the number of scales or weights does not match the number of style images, or a
    style image is a batch, as when its colors are matched to several content images.
    """
    for style in styles:
        if isinstance(style, StyleFile):
            continue
        if options.color != "style" and len(style) > 1:
            raise InputError(
                f"--color {options.color} changes the style image for each of several content images: paint them one "
                "after the other, or with --color-when after."
            )
        require_single(style, "a style image")
    views = len(scaled_styles(styles, options))
    several = views > len(styles)
    if regions:
        usable = [name for name, loss in style_losses().items() if loss.regions is not None]
        require_losses(options.loss, usable, "regions keep only some positions")
        require_regions(regions, styles, options.style_blend)
    if regions and several:
        raise InputError("regions take each style image at one scale: give one --style-scale for each, or one for all.")
    if options.style_blend:
        normalize_weights(views, options.style_blend)
        for name in parse_loss_weights(options.loss):
            if not style_losses()[name].is_blended:
                raise InputError(f"the loss {name} cannot blend style images by weights: remove style-blend.")
    kept = [style for style in styles if isinstance(style, StyleFile)]
    if kept and options.style_fit == "stretched":
        raise InputError("style-fit stretched needs the style image itself: a style file cannot be stretched.")
    for style in kept:
        style.require_compatible(EncoderFingerprint.of(options, options, encoder))
    if kept:
        require_statistics_only(options.loss, "a style file holds only moments")
        require_color_images(options, styles)
    if options.init in ("style", "mixed") and not has_init:
        require_init_image(styles[0], options.init)
