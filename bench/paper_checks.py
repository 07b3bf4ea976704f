"""The checks of figures 1 and 3 of 1508.06576, as numbers.

    python bench/paper_checks.py [--size 256] [--iterations 200] [--parts content style ratio]

1. Content reconstructions from conv1_1 … conv5_1: the PSNR to the photograph falls with depth.
2. Style reconstructions from the five nested layer subsets: each layer's style loss over its value at the start.
3. Transfer at four ratios α/β: the content loss falls and the style loss rises with the ratio.
"""

from __future__ import annotations

import argparse
import math
from collections import deque
from dataclasses import replace
from pathlib import Path

import torch

from brushwork import (
    ReconstructionOptions,
    TextureOptions,
    fit_size,
    load_preset,
    read_image,
    resize,
    run_recipe,
    write_image,
)
from brushwork.controls import RecipeInputs
from brushwork.images import Size
from brushwork.recipes import Progress, RecipeOptions

EXAMPLES = Path(__file__).parent.parent / "examples"
LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
RATIOS = (1e-5, 1e-4, 1e-3, 1e-2)


def main() -> None:
    arguments = _arguments()
    photograph = read_image(arguments.content).image
    painting = read_image(arguments.style).image
    arguments.out.mkdir(parents=True, exist_ok=True)
    if "content" in arguments.parts:
        content_reconstructions(photograph, arguments)
    if "style" in arguments.parts:
        style_reconstructions(painting, arguments)
    if "ratio" in arguments.parts:
        ratios(photograph, painting, arguments)


def content_reconstructions(photograph: torch.Tensor, arguments: argparse.Namespace) -> None:
    print(
        "\nContent reconstructions (original VGG-19)\n| layer | feature error, end / start | PSNR to the photograph, dB |\n|---|---|---|"
    )
    target = resize(photograph, fit_size(Size.of(photograph), arguments.size, measure="long"), clamp=True)
    for layer in LAYERS:
        options = ReconstructionOptions(layer=layer, size=arguments.size, iterations=arguments.iterations)
        first, last = ends(options, RecipeInputs(photograph), arguments.out / f"content_{layer}.png")
        error = total(last) / total(first)
        psnr = -10 * math.log10(float((last.image - target).square().mean()))
        print(f"| {layer} | {error:.1e} | {psnr:.1f} |", flush=True)


def style_reconstructions(painting: torch.Tensor, arguments: argparse.Namespace) -> None:
    print(
        "\nStyle reconstructions (normalized VGG-19): each layer's loss, end / start\n| layers | "
        + " | ".join(LAYERS)
        + " |"
    )
    print("|---" * 6 + "|")
    for count in range(1, 6):
        layers = LAYERS[:count]
        options = TextureOptions(
            style_layers=layers, picture_size=arguments.size, measure="long", iterations=arguments.iterations
        )
        first, last = ends(options, RecipeInputs(painting), arguments.out / f"style_{count}.png")
        fractions = [
            last.step.losses.terms[f"style:{name}"] / first.step.losses.terms[f"style:{name}"] for name in layers
        ]
        print(
            f"| … {layers[-1]} | " + " | ".join(f"{float(fraction):.1e}" for fraction in fractions) + " |", flush=True
        )


def ratios(photograph: torch.Tensor, painting: torch.Tensor, arguments: argparse.Namespace) -> None:
    print("\nRatio α/β (gatys-2015)\n| α/β | content loss / α | style loss / β |\n|---|---|---|")
    base = replace(load_preset("gatys-2015"), size=arguments.size, iterations=arguments.iterations)
    for ratio in RATIOS:
        options = replace(base, content_weight=ratio * base.style_weight)
        _, last = ends(options, RecipeInputs(photograph, (painting,)), arguments.out / f"ratio_{ratio:.0e}.png")
        content = sum_of(last, "content:") / options.content_weight
        style = sum_of(last, "style:") / options.style_weight
        print(f"| {ratio:.0e} | {content:.4g} | {style:.4g} |", flush=True)


def ends(options: RecipeOptions, pictures: RecipeInputs, path: Path) -> tuple[Progress, Progress]:
    """The first and the last step of a recipe; the picture is written."""
    steps = run_recipe(options, pictures)
    first = next(steps)
    (last,) = deque(steps, maxlen=1)
    write_image(last.image, path, overwrite=True)
    return first, last


def total(progress: Progress) -> float:
    return float(progress.step.losses.total)


def sum_of(progress: Progress, prefix: str) -> float:
    return sum(float(value) for name, value in progress.step.losses.terms.items() if name.startswith(prefix))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", type=Path, default=EXAMPLES / "bridge.jpg")
    parser.add_argument("--style", type=Path, default=EXAMPLES / "auvers.png")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument(
        "--parts", nargs="+", choices=("content", "style", "ratio"), default=["content", "style", "ratio"]
    )
    parser.add_argument("--out", type=Path, default=Path("out/paper_checks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
