"""The loss log that the authors printed in their notebook, and ours at the same closures.

    python bench/authors_log.py [--closures 350] [--resampling pyramid|plain|pillow|short] [--pools ceil|floor]

Tübingen in the style of The Starry Night, original VGG-19 with maximum pooling, from the photograph, L-BFGS:
content 1·MSE at conv4_2, style 1000/N² · MSE(G/M) at conv1_1 … conv5_1, that is the preset `gatys-2016` at the
sizes of the authors' first notebook.

What the log implies, found by trying. At closure 50, where rounding alone moves the loss by 1 %:

| pictures                              | pools | loss               | content | conv1_1 | conv2_1 | conv3_1 | conv4_1 | conv5_1 |
|---------------------------------------|-------|--------------------|---------|---------|---------|---------|---------|---------|
| the authors' log                      |       | 1260979            | 370375  | 42313   | 281871  | 81805   | 477769  | 6846    |
| `pyramid`: area 512², 444×592         | ceil  | 1268783            | 370293  | 42708   | 288538  | 81771   | 478699  | 6775    |
| the same, pictures rounded elsewhere  | ceil  | 1253771            | 373158  | 42538   | 284080  | 82356   | 464736  | 6903    |
| the same                              | floor | 1203952            | 376375  | 41181   | 253630  | 74958   | 450679  | 7129    |
| `pillow`: area 512², antialiased      | ceil  | 1254440            | 369918  | 41974   | 277353  | 85620   | 473082  | 6492    |
| `short`: short side 512, antialiased  | floor | 1149998            | 352153  | 43364   | 293155  | 82941   | 372900  | 5485    |

So both pictures were brought to the area of 512² by skimage's `pyramid_reduce` (a Gaussian of σ = 2/6 of the factor,
then bilinear interpolation to sizes that are rounded up), and the pools rounded up too, as Torch7's do for Caffe's
networks: conv5_1, and conv3_1 against `pillow`, tell; the sums would not. With that our L-BFGS follows the log:
ours / theirs is 1.006, 0.995, 1.000, 0.997, 0.999, 0.999, 1.000 at 50, 100 … 350 closures. One run each, but for the
two named; `plain` was not painted.

The 1 % is probably the first step's: it has length 1 in the numbers 0–255, over 800,000 of them, so each moves by a
few roundings at most, and what these do to the gradient scales the second step.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from math import ceil, sqrt
from pathlib import Path

import numpy as np
import PIL.Image
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from torch import Tensor

from brushwork.encoders import Encoder, load_encoder
from brushwork.gradients.whole import evaluate_whole
from brushwork.optim import LBFGS, PixelParametrization, minimize
from brushwork.recipes import load_preset
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import content_objective, style_objective
from brushwork.style import Style

DATA = Path(__file__).parents[2] / "shared" / "data"
CONTENT, STYLE = "photos/tubingen.jpg", "paintings/starry_night.jpg"
SHA256 = {CONTENT: ("e67d1869", "f506"), STYLE: ("228bebf0", "3832")}
"""How the sha256 of the authors' files begin and end."""

SIDE = 512
"""Side of the square whose area both pictures are brought to; the short side of `short`."""

PRINTED = {
    50: 1260979,
    100: 656089,
    150: 502277,
    200: 441495,
    250: 408626,
    300: 387915,
    350: 374118,
    400: 363962,
    450: 356502,
    500: 350770,
}
"""Closures → the loss that the authors printed."""

PRINTED_LAYERS = {
    50: (370374.9, 42312.9, 281870.8, 81805.1, 477769.2, 6846.4),
    350: (298607.3, 1586.5, 4507.1, 4841.9, 60689.8, 3885.8),
}
"""The same, term by term: content, then style from conv1_1 to conv5_1."""


def main() -> None:
    arguments = _arguments()
    photograph, painting = (resample(read(arguments.data, name), arguments.resampling) for name in (CONTENT, STYLE))
    encoder = load_encoder("vgg19", ceil=arguments.pools == "ceil")
    print(f"photograph {tuple(photograph.shape[-2:])}, painting {tuple(painting.shape[-2:])}")
    print("| closures | ours | theirs | ours / theirs | content | conv1_1 | conv2_1 | conv3_1 | conv4_1 | conv5_1 |")
    print("|---" * 10 + "|")
    for closures, losses in walk(photograph, painting, encoder, arguments.closures):
        report(closures, losses)


def walk(photograph: Tensor, painting: Tensor, encoder: Encoder, closures: int):
    """(closures, terms) at those closures at which the authors printed, and at the start."""
    options = load_preset("gatys-2016")
    convention = NORMALIZATIONS[options.normalization]
    style = Style.of(painting, encoder, options.style_layers)
    objective = content_objective(photograph, encoder, options.content_layers, options.content_weight, convention)
    objective += style_objective(style, options, convention)
    optimizer, canvas = LBFGS(history=options.history), PixelParametrization(options.optimizer_scale)
    for step in minimize(canvas, evaluate_whole(encoder, objective), optimizer, closures, init=photograph):
        if step.index in (1, *PRINTED):
            yield step.index, {name: value.item() for name, value in step.losses.terms.items()}


def report(closures: int, losses: Mapping[str, float]) -> None:
    """One line of the table; below it the authors' terms where they printed them."""
    total, theirs = sum(losses.values()), PRINTED.get(closures)
    compared = f"{theirs} | {total / theirs:.3f}" if theirs else "| "
    print(f"| {closures} | {total:.0f} | {compared} | {_row(losses.values())} |", flush=True)
    if closures in PRINTED_LAYERS:
        print(f"| | | | theirs: | {_row(PRINTED_LAYERS[closures])} |", flush=True)


def read(folder: Path, name: str) -> PIL.Image.Image:
    """One of the authors' two pictures."""
    sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    first, last = SHA256[name]
    if not (sha256.startswith(first) and sha256.endswith(last)):
        raise SystemExit(f"{folder / name} is another file than the authors': sha256 {sha256}.")
    return PIL.Image.open(folder / name).convert("RGB")


def resample(image: PIL.Image.Image, how: str) -> Tensor:
    """The picture at the size and by the filter of one of the hypotheses."""
    if how == "short":
        factor = SIDE / min(image.size)
        return tensor(image.resize([int(side * factor) for side in image.size], PIL.Image.Resampling.BILINEAR))
    factor = sqrt(image.width * image.height / SIDE**2)
    smaller = (ceil(image.height / factor), ceil(image.width / factor))
    if how == "pillow":
        return tensor(image.resize(smaller[::-1], PIL.Image.Resampling.BILINEAR))
    return pyramid_reduce(tensor(image), factor, smaller, smoothed=how == "pyramid")


def pyramid_reduce(image: Tensor, factor: float, size: tuple[int, int], *, smoothed: bool) -> Tensor:
    """Gaussian of σ = 2·factor/6, then bilinear interpolation: what skimage's function of this name does."""
    if smoothed:
        sigma = 2 * factor / 6
        image = torch.from_numpy(gaussian_filter(image.double().numpy(), (0, 0, sigma, sigma), mode="reflect"))
    return F.interpolate(image, size, mode="bilinear", align_corners=False).float()


def tensor(image: PIL.Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(image, np.float32).transpose(2, 0, 1).copy())[None] / 255


def _row(numbers) -> str:
    return " | ".join(f"{number:.1f}" for number in numbers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closures", type=int, default=350)
    parser.add_argument("--resampling", choices=("pyramid", "plain", "pillow", "short"), default="pyramid")
    parser.add_argument("--pools", choices=("ceil", "floor"), default="ceil")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of photos/ and paintings/")
    return parser.parse_args()


if __name__ == "__main__":
    main()
