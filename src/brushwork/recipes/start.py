"""Starting points of the optimization."""

from __future__ import annotations

import torch

from brushwork.errors import InputError
from brushwork.perception.vgg import CAFFE_MEAN
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.options import Starting
from brushwork.types import Image


def gray(size: Size, like: Image, white: float = 255.0) -> Image:
    """The mean color of the network's training pictures, which it sees as 0 when it is shown 0 to `white`."""
    color = torch.tensor(CAFFE_MEAN, dtype=like.dtype, device=like.device).view(1, 3, 1, 1) / white
    return color.expand(1, 3, *size).clone()


def noisy(picture: Image, std: float, generator: torch.Generator, white: float = 255.0) -> Image:
    """The picture and white noise of standard deviation `std` on the scale 0 to `white`; may leave [0, 1].

    About gray, the authors' programs take 1, jcjohnson's 0.001: nearly uniform gray both. A photograph wants some too:
    where it is flat, every position gets the same gradient, and what is painted there lies on the network's grid.
    """
    drawn = torch.randn(picture.shape, generator=generator, dtype=picture.dtype).to(picture.device)
    return drawn.mul_(std / white).add_(picture)


def covering(picture: Image, size: Size) -> Image:
    """The middle of a picture, scaled so that it just covers a size."""
    own = Size.of(picture)
    factor = max(size.height / own.height, size.width / own.width)
    scaled = Size(max(size.height, round(own.height * factor)), max(size.width, round(own.width * factor)))
    larger = resize(picture, scaled)
    top, left = (scaled.height - size.height) // 2, (scaled.width - size.width) // 2
    return larger[..., top : top + size.height, left : left + size.width].clone()


def beginning(options: Starting, size: Size, photograph: Image, painting: Image, white: float = 255.0) -> Image:
    """The starting point that the options name, at a size; the network is shown 0 to `white`.

    Raises: InputError: the start is instant, which this room cannot paint.
    """
    generator = torch.Generator().manual_seed(options.seed)
    match options.start:
        case "content":
            return noisy(resize(photograph, size), options.grain, generator, white)
        case "style":
            return noisy(covering(painting, size), options.grain, generator, white)
        case "noise":
            return noisy(gray(size, photograph, white), options.noise, generator, white)
        case "gray":
            return gray(size, photograph, white)
        case "instant":
            raise InputError(
                "the start instant belongs to jobs that transfer a style: paint it first, with brushwork.instant, and "
                "give it as the picture to start from."
            )
