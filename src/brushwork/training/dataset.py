"""Training images from a folder of photographs: seeded crops that depend only on the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images import read_image
from brushwork.images.crop_pad import crop
from brushwork.images.formats import FoundImages, find_images
from brushwork.images.geometry import Size, fit_size
from brushwork.images.resample import resize
from brushwork.storage.folders import expand_user
from brushwork.types import Image

CACHE_BYTES = 2 * 10**9
"""Maximum bytes of decoded photographs in the memory cache; photographs beyond that are decoded each time."""

_ORDER, _CROPS, _HELD_OUT = 1, 2, 3
"""Identifiers of the random streams, each seeded separately."""


def list_photos(folder: Path) -> FoundImages:
    """Return the images in a folder and its subfolders, sorted by name, and the other files found.

    Raises: InputError: the folder does not exist, or holds no images.
    """
    folder = expand_user(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give one that holds photographs.")
    return find_images(folder, within=True)


def split(files: Sequence[Path], val_images: int, seed: int) -> tuple[list[Path], list[Path]]:
    """Return training and validation files: `val_images` random files, at most a quarter, are held out."""
    order = torch.randperm(len(files), generator=make_generator(seed, _HELD_OUT)).tolist()
    count = min(val_images, len(files) // 4)
    apart = set(order[:count])
    return [one for place, one in enumerate(files) if place not in apart], [files[place] for place in sorted(apart)]


class PhotoDataset:
    """Photographs, decoded on first use and cached at training resolution.

    A file that cannot be read is skipped and reported once; the next one in order takes its place.
    """

    def __init__(self, files: Sequence[Path], side: int, seed: int, note: Callable[[str], None]) -> None:
        """Set up the dataset without reading any file.

        `side` is the maximum short side of a photograph in pixels; `note` is called with a message for each skipped
        file.
        """
        self._files, self._side, self._seed, self._note = list(files), side, seed, note
        self._kept: dict[int, Tensor] = {}
        self._broken: set[int] = set()
        self._bytes = 0
        self._order: tuple[int, list[int]] = (-1, [])

    def __len__(self) -> int:
        return len(self._files)

    def batch(self, rows: range, pixels: int) -> Image:
        """Return the crops of some rows of an endless sequence in which every photograph appears once per epoch.

        A row is always the same photograph with the same crop and mirroring.

        Raises: InputError: no photograph can be read.
        """
        return torch.cat([self._row(row, pixels) for row in rows])

    def center_crops(self, count: int, pixels: int) -> Image:
        """Return the largest center squares of the first photographs, resized to `pixels` wide and high.

        Raises: InputError: no photograph can be read.
        """
        images = [self._picture(place % len(self._files)) for place in range(count)]
        squares = [crop(_floats(one), Size(*[min(Size.of(one))] * 2)) for one in images]
        return torch.cat([resize(square, Size(pixels, pixels), clamp=True) for square in squares])

    def _row(self, row: int, pixels: int) -> Image:
        epoch, place = divmod(row, len(self._files))
        chance = make_generator(self._seed, _CROPS, row)
        return _crop(self._picture(self._place(epoch, place)), pixels, chance)

    def _place(self, epoch: int, place: int) -> int:
        if self._order[0] != epoch:
            order = torch.randperm(len(self._files), generator=make_generator(self._seed, _ORDER, epoch))
            self._order = epoch, order.tolist()
        return self._order[1][place]

    def _picture(self, place: int) -> Tensor:
        """Return a photograph as bytes; if it cannot be read, the next one that can."""
        for one in (*range(place, len(self._files)), *range(place)):
            if one in self._kept:
                return self._kept[one]
            if one not in self._broken and (found := self._read(one)) is not None:
                return found
        raise InputError(f"none of the {len(self._files)} photographs can be read: give a folder of pictures.")

    def _read(self, place: int) -> Tensor | None:
        path = self._files[place]
        try:
            image = read_image(path, min_size=Size(self._side, self._side)).image
        except InputError as error:
            self._broken.add(place)
            self._note(f"{path} is skipped: {error}")
            return None
        smaller = fit_size(Size.of(image), min(self._side, min(Size.of(image))), measure="short")
        picture = resize(image, smaller, clamp=True).mul(255).round().to(torch.uint8)
        if self._bytes + picture.nbytes <= CACHE_BYTES:
            self._kept[place] = picture
            self._bytes += picture.nbytes
        return picture


def _crop(image: Tensor, pixels: int, generator: torch.Generator) -> Image:
    """Return a random square crop resized to `pixels`, mirrored with probability 1/2.

    The scale is uniform between the photograph's own resolution and the one at which the crop holds the whole short
    side, so that the model sees objects at all sizes.
    """
    height, width = Size.of(image)
    scale, down, right, mirrored = torch.rand(4, generator=generator).tolist()
    short = min(height, width)
    visible = pixels + scale * (short - pixels)  # the short side at the sampled scale
    side = max(1, min(short, round(short * pixels / visible)))
    top, left = round(down * (height - side)), round(right * (width - side))
    cut = resize(_floats(image[..., top : top + side, left : left + side]), Size(pixels, pixels), clamp=True)
    return cut.flip(-1) if mirrored < 0.5 else cut


def _floats(image: Tensor) -> Image:
    return image.float() / 255


def make_generator(*numbers: int) -> torch.Generator:
    """Return a CPU generator seeded by numbers such as a seed and a step; different numbers give different streams."""
    text = ",".join(map(str, numbers)).encode()
    return torch.Generator().manual_seed(int.from_bytes(blake2b(text, digest_size=7).digest(), "big"))
