"""Brown noise: a picture of nothing, with detail at every scale, and less of it the finer it is."""

from __future__ import annotations

from math import sqrt

import torch

from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.types import Image

_FINEST = 4
"""Pixels between the values of the finest octave."""

_CONTRAST = 0.2
"""Standard deviation about gray, of [0, 1]: about that of photographs."""


def brown_noise(size: Size, generator: torch.Generator) -> Image:
    """Octaves of smooth noise (Perlin's), each twice as coarse as the one before and √2 times as strong, in [0, 1].

    Along a line the power at a frequency f falls with 1/f², down to the finest octave. White noise has nothing in it
    that a painter of photographs knows. The octaves end where one has a single value a side.

    Source: Li & Wand, 1604.04382, section 5: textures from brown noise.
    """
    noise, cell = torch.zeros(1, 3, *size), _FINEST
    while True:
        positions = Size(*(-(-side // cell) + 1 for side in size))
        octave = resize(
            torch.randn(1, 3, *positions, generator=generator), Size(positions.height * cell, positions.width * cell)
        )
        noise += sqrt(cell) * octave[..., : size.height, : size.width]
        if cell >= max(size):
            break
        cell *= 2
    spread = noise.std().clamp_min(torch.finfo(noise.dtype).tiny)
    return (0.5 + _CONTRAST * (noise - noise.mean()) / spread).clamp(0, 1)
