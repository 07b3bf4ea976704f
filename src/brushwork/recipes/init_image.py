"""Initial images for the optimization."""

from __future__ import annotations

from math import pi

import torch

from brushwork.controls.style_file import StyleFile
from brushwork.encoders.preprocess import CAFFE_MEAN
from brushwork.errors import InputError
from brushwork.images.color import COLOR_CHANNELS
from brushwork.images.color_transfer import color_moments
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.options import InitOptions
from brushwork.recipes.init_patches import PATCHES_SHARE, compose_patches
from brushwork.recipes.recolored import recolor
from brushwork.types import Image

_BYTES, _MIDDLE = 255.0, 128.0
"""Range of the Keras example's noise, and the number that it subtracts."""

STYLE_SHARE = 0.05
"""Share of the style image in a mixed start."""


def gray_image(size: Size, like: Image, encoder_scale: float = 255.0) -> Image:
    """Return an image of the network's mean training color.

    The network sees it as 0 if its input ranges from 0 to `encoder_scale`.
    """
    color = torch.tensor(CAFFE_MEAN, dtype=like.dtype, device=like.device).view(1, 3, 1, 1) / encoder_scale
    return color.expand(1, 3, *size).clone()


def add_noise(image: Image, std: float, generator: torch.Generator, encoder_scale: float = 255.0) -> Image:
    """Add white noise of standard deviation `std`, on the scale 0 to `encoder_scale`, the same to all of a batch.

    The result may leave [0, 1]. Around gray, the authors' programs use 1 and jcjohnson's use 0.001: both are nearly
    uniform gray. A content image needs some noise too: where it is flat, every position gets the same gradient, and the
    result shows the network's grid.
    """
    drawn = torch.randn((1, *image.shape[1:]), generator=generator, dtype=image.dtype).to(image.device)
    return drawn.mul_(std / encoder_scale) + image


def add_uniform_noise(image: Image, generator: torch.Generator, encoder_scale: float = 255.0) -> Image:
    """Add white noise, uniform from −128 up to 127 on the scale 0 to `encoder_scale`.

    Source: the Keras example of neural style transfer, where this is the network's input.
    """
    drawn = torch.rand(image.shape, generator=generator, dtype=image.dtype).to(image.device)
    return drawn.mul_(_BYTES).sub_(_MIDDLE).div_(encoder_scale).add_(image)


def pink_noise(size: Size, like: Image, exponent: int, generator: torch.Generator) -> Image:
    """Return |F⁻¹(rᵏ (cos α + i sin β))|, stretched to [0, 1], with random α and β and the power k = `exponent`.

    F⁻¹ is the inverse Fourier transform over rows, columns and colors. r is the distance from the middle of the
    spectrum, which holds the highest frequencies; in the middle itself, r is 1.

    Source: fzliu/style-transfer.
    """
    shape = (*size, COLOR_CHANNELS)
    rows, columns = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2 for side in size)
    distance = torch.hypot(rows[:, None], columns[None])
    amplitude = torch.where(distance == 0, 1.0, distance).pow(exponent).unsqueeze(-1)
    turns = [2 * pi * torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2)]
    noise: Image = torch.fft.ifftn(amplitude * torch.complex(turns[0].cos(), turns[1].sin())).abs()
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    return noise.permute(2, 0, 1).unsqueeze(0).to(like)


def mix(content: Image, style: Image) -> Image:
    """Return 0.95 times the content image plus 0.05 times the style image, both of the same size.

    Source: fzliu/style-transfer, which stretches the style image to the content image's size.
    """
    return (1 - STYLE_SHARE) * content + STYLE_SHARE * style


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

    A batch of content images gives as many initial images, each as it would be alone.

    Raises: InputError: `init` is instant, which recipes do not provide, or needs the style image of a style file.
    """
    return _init_image(options, size, content, style, encoder_scale).expand(len(content), -1, -1, -1)


def _init_image(
    options: InitOptions, size: Size, content: Image, style: Image | StyleFile, encoder_scale: float
) -> Image:
    generator = torch.Generator().manual_seed(options.seed)
    match options.init:
        case "content":
            return add_noise(resize(content, size), options.init_noise, generator, encoder_scale)
        case "recolored" | "patches":
            picture = require_init_image(style, options.init)
            plain = recolor(resize(content, size, clamp=True), color_moments(picture))
            if options.init == "patches":
                composed = compose_patches(plain, [cover(picture, size)], [1.0], options.seed)
                plain = torch.lerp(plain, composed, PATCHES_SHARE)
            return add_noise(plain, options.init_noise, generator, encoder_scale)
        case "style":
            covering = cover(require_init_image(style, "style"), size)
            return add_noise(covering, options.init_noise, generator, encoder_scale)
        case "noise":
            return add_noise(gray_image(size, content, encoder_scale), options.noise, generator, encoder_scale)
        case "mixed":
            return mix(resize(content, size), resize(require_init_image(style, "mixed"), size))
        case "uniform":
            return add_uniform_noise(gray_image(size, content, encoder_scale), generator, encoder_scale)
        case "pink":
            return pink_noise(size, content, options.pink_exponent, generator)
        case "gray":
            return gray_image(size, content, encoder_scale)
        case "instant":
            raise InputError(
                "init instant works only in jobs: run brushwork.transfer_adain first, and give its result as the "
                "initial image."
            )


def require_init_image(style: Image | StyleFile, init: str) -> Image:
    """Return the style image from which the initial image `init` is made.

    Raises: InputError: it is a style file.
    """
    if isinstance(style, StyleFile):
        raise InputError(f"init is {init}, but the style file of {style.source} holds no image: use another init.")
    return style
