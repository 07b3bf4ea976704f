"""Initial images of the optimization."""

from __future__ import annotations

import torch

from brushwork.controls.style_file import StyleFile
from brushwork.encoders.preprocess import CAFFE_MEAN
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.options import InitOptions
from brushwork.types import Image


def gray_image(size: Size, like: Image, encoder_scale: float = 255.0) -> Image:
    """Return an image of the network's mean training color.

    The network sees it as 0 if its input is 0 to `encoder_scale`.
    """
    color = torch.tensor(CAFFE_MEAN, dtype=like.dtype, device=like.device).view(1, 3, 1, 1) / encoder_scale
    return color.expand(1, 3, *size).clone()


def add_noise(image: Image, std: float, generator: torch.Generator, encoder_scale: float = 255.0) -> Image:
    """Add white noise of standard deviation `std`, on the scale 0 to `encoder_scale`.

    The result may leave [0, 1]. Around gray, the authors' programs use 1, jcjohnson's 0.001: both are nearly uniform
    gray. A content image needs some noise too: where it is flat, every position gets the same gradient, and the result
    shows the network's grid.
    """
    drawn = torch.randn(image.shape, generator=generator, dtype=image.dtype).to(image.device)
    return drawn.mul_(std / encoder_scale).add_(image)


def cover(image: Image, size: Size) -> Image:
    """Scale an image until it just covers a size, and return its center crop."""
    own = Size.of(image)
    factor = max(size.height / own.height, size.width / own.width)
    scaled = Size(max(size.height, round(own.height * factor)), max(size.width, round(own.width * factor)))
    larger = resize(image, scaled)
    top, left = (scaled.height - size.height) // 2, (scaled.width - size.width) // 2
    return larger[..., top : top + size.height, left : left + size.width].clone()


def make_init_image(
    options: InitOptions, size: Size, content: Image, style: Image | StyleFile, encoder_scale: float = 255.0
) -> Image:
    """Return the initial image that the options name, at a size; the network's input is 0 to `encoder_scale`.

    Raises: InputError: `init` is instant, which recipes do not provide, or style, and the style is a style file.
    """
    generator = torch.Generator().manual_seed(options.seed)
    match options.init:
        case "content":
            return add_noise(resize(content, size), options.init_noise, generator, encoder_scale)
        case "style":
            if isinstance(style, StyleFile):
                raise InputError(
                    f"the start is style, and of {style.source} only the style is kept: take another start."
                )
            return add_noise(cover(style, size), options.init_noise, generator, encoder_scale)
        case "noise":
            return add_noise(gray_image(size, content, encoder_scale), options.noise, generator, encoder_scale)
        case "gray":
            return gray_image(size, content, encoder_scale)
        case "instant":
            raise InputError(
                "the start instant belongs to jobs that transfer a style: paint it first, with brushwork.instant, and "
                "give it as the picture to start from."
            )
