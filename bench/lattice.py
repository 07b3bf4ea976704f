"""Whether a picture shows the grid of the network that painted it: energy at its periods, beside their neighbors.

    python bench/lattice.py PHOTOGRAPH PICTURE…

VGG divides a picture into cells of 2, 4, 8 and 16 pixels. A pattern that repeats with such a period has its energy at
the multiples of 1/2, 1/4, 1/8 and 1/16 of the sampling frequency along both axes; other pictures have as much energy
there as beside. For each period: the energy at the frequencies that are new with it, over the mean of those around, of
the luma in windows of 64 pixels. Only the half of the windows counts where the photograph varies least, for there a
pattern is seen. 1: nothing. The photograph itself is the first row.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from brushwork.images import Size, read_image, resize
from brushwork.images.color import luma
from brushwork.types import Image

PERIODS = (2, 4, 8, 16)
_SIDE = 64
"""Pixels of a window's side; windows overlap by three quarters."""
_AROUND = [offset for offset in product((-2, 0, 2), repeat=2) if offset != (0, 0)]
"""Neighbors of a frequency, outside the main lobe of the Hann window."""


def lattice(picture: Image, photograph: Image) -> dict[int, float]:
    """Return, for each period, the energy at its frequencies over that around them, in the flat parts."""
    energy = _energy(_windows(picture)[_flat(resize(photograph, Size.of(picture), clamp=True))])
    return {period: _beside(energy, period) for period in PERIODS}


def _windows(image: Image) -> Tensor:
    side = min(_SIDE, *Size.of(image))
    if side < _SIDE:
        raise SystemExit(f"a picture of {Size.of(image)} is too small: give one of {_SIDE} pixels a side or more.")
    return luma(image)[0, 0].double().unfold(0, side, side // 4).unfold(1, side, side // 4).reshape(-1, side, side)


def _flat(photograph: Image) -> Tensor:
    variances = _windows(photograph).var((1, 2))
    return variances.argsort()[: max(1, len(variances) // 2)]


def _energy(windows: Tensor) -> Tensor:
    """Return the power spectrum of all windows together."""
    bell = torch.hann_window(_SIDE, periodic=True, dtype=torch.double)
    still = (windows - windows.mean((1, 2), keepdim=True)) * bell[:, None] * bell
    return torch.fft.fft2(still).abs().square().sum(0)


def _beside(energy: Tensor, period: int) -> float:
    at = [(row, column) for row, column in product(range(0, _SIDE, _SIDE // period), repeat=2)]
    coarser = set(product(range(0, _SIDE, 2 * _SIDE // period), repeat=2))
    new = [place for place in at if place not in coarser]
    around = sum(torch.roll(energy, offset, (0, 1)) for offset in _AROUND) / len(_AROUND)
    rows, columns = (torch.tensor(places) for places in zip(*new, strict=True))
    return float(energy[rows, columns].sum() / around[rows, columns].sum())


def main() -> None:
    """Print a row for each picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    given = parser.parse_args()
    photograph, pictures = read_image(given.photograph).image, [read_image(path).image for path in given.pictures]
    print("| | " + " | ".join(f"{period} px" for period in PERIODS) + " |\n|---" * 1 + "|---" * len(PERIODS) + "|")
    own = resize(photograph, Size.of(pictures[0]), clamp=True)
    for name, picture in [("the photograph", own), *zip((path.name for path in given.pictures), pictures, strict=True)]:
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in lattice(picture, photograph).values()) + " |")


if __name__ == "__main__":
    main()
