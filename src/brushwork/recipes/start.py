"""Starting points of the optimization."""

from __future__ import annotations

import torch

from brushwork.perception.vgg import CAFFE_MEAN
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.options import Starting
from brushwork.types import Image


def gray(size: Size, like: Image, white: float = 255.0) -> Image:
    """The mean color of the network's training pictures, which it sees as 0 when it is shown 0 to `white`."""
    color = torch.tensor(CAFFE_MEAN, dtype=like.dtype, device=like.device).view(1, 3, 1, 1) / white
    return color.expand(1, 3, *size).clone()


def noise(size: Size, like: Image, std: float, generator: torch.Generator, white: float = 255.0) -> Image:
    """White noise about gray, of standard deviation `std` on the scale 0 to `white`.

    The authors' programs take 1, jcjohnson's 0.001: nearly uniform gray both.
    """
    drawn = torch.randn(1, 3, *size, generator=generator, dtype=like.dtype).to(like.device)
    return gray(size, like, white) + drawn * (std / white)


def covering(picture: Image, size: Size) -> Image:
    """The middle of a picture, scaled so that it just covers a size."""
    own = Size.of(picture)
    factor = max(size.height / own.height, size.width / own.width)
    scaled = Size(max(size.height, round(own.height * factor)), max(size.width, round(own.width * factor)))
    larger = resize(picture, scaled)
    top, left = (scaled.height - size.height) // 2, (scaled.width - size.width) // 2
    return larger[..., top : top + size.height, left : left + size.width].clone()


def beginning(options: Starting, size: Size, photograph: Image, painting: Image, white: float = 255.0) -> Image:
    """The starting point that the options name, at a size; the network is shown 0 to `white`."""
    match options.start:
        case "content":
            return resize(photograph, size)
        case "style":
            return covering(painting, size)
        case "gray":
            return gray(size, photograph, white)
        case "noise":
            return noise(size, photograph, options.noise, torch.Generator().manual_seed(options.seed), white)
