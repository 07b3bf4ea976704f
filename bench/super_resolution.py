"""Compare super-resolution models with bicubic interpolation: `python bench/super_resolution.py photographs/*.jpg
--models pixels.safetensors features.safetensors --pictures crops/`.

Each photograph is blurred and downsampled as in training, and enlarged again. PSNR and SSIM are those of the luma, as
in section 4.2 of Johnson et al. (1603.08155); LPIPS (VGG-16) is nearer to what people see. The sharpness is the energy
of the luma's gradients as a fraction of the photograph's.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from brushwork import read_image, stylize
from brushwork.feedforward.model import load_model
from brushwork.images import write_image
from brushwork.images.blur import gaussian_blur, kernel_radius
from brushwork.images.color import luma
from brushwork.images.crop_pad import crop
from brushwork.images.geometry import Size, fit_size
from brushwork.images.resample import resize
from brushwork.metrics.image_similarity import psnr, ssim
from brushwork.metrics.lpips import Lpips
from brushwork.types import Image
from compare_machine import machine, revision
from model_loss import RESULTS

BICUBIC = "bicubic"
COLUMNS = ("PSNR, dB", "SSIM", "LPIPS", "sharpness")

Enlarge = Callable[[Image], Image]


def read_truth(path: Path, size: int, factor: int) -> Image:
    """Return a photograph of at most `size` pixels on its short side, with sides that the factor divides."""
    image = read_image(path).image
    image = resize(image, fit_size(Size.of(image), min(size, min(Size.of(image))), measure="short"), clamp=True)
    height, width = (side // factor * factor for side in Size.of(image))
    return crop(image, Size(height, width))


def downsample(image: Image, blur: float, factor: int) -> Image:
    """Return the image as the model gets it in training: blurred, and 1/factor as large by bicubic interpolation."""
    height, width = (side // factor for side in Size.of(image))
    blurred = gaussian_blur(image, blur, kernel_radius(blur), "reflect") if blur else image
    return resize(blurred, Size(height, width), clamp=True)


def enlarge_bicubic(factor: int, image: Image) -> Image:
    """Return the image, `factor` times as large by bicubic interpolation."""
    height, width = (factor * side for side in Size.of(image))
    return resize(image, Size(height, width), clamp=True)


def measure(result: Image, truth: Image, lpips: Lpips) -> dict[str, float]:
    """Return the measures of a result, by the names of their columns."""
    values = (
        psnr(luma(result), luma(truth)),
        ssim(result, truth),
        lpips(result, truth),
        gradient_energy(result) / gradient_energy(truth),
    )
    return dict(zip(COLUMNS, values, strict=True))


def gradient_energy(image: Image) -> float:
    """Return the mean squared difference of neighboring pixels' lumas."""
    light = luma(image)
    return float(light.diff(dim=-1).square().mean() + light.diff(dim=-2).square().mean())


def compare(
    path: Path, size: int, factor: int, blur: float, ways: Mapping[str, Enlarge], pictures: Path | None
) -> dict[str, Any]:
    """Return the measures of every way to enlarge a photograph; the results go to the folder of pictures."""
    truth, lpips = read_truth(path, size, factor), Lpips.load("vgg16")
    small = downsample(truth, blur, factor)
    results = {name: way(small) for name, way in ways.items()}
    for name, result in {**results, "photograph": truth}.items():
        if pictures:
            write_image(result, pictures / f"{path.stem}-{name}.png", overwrite=True)
    return {
        "photograph": path.name,
        "measures": {name: measure(result, truth, lpips) for name, result in results.items()},
    }


def print_table(found: list[dict[str, Any]], names: list[str]) -> None:
    """Print the means over the photographs."""
    print(f"| | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}")
    for name in names:
        values = [mean(one["measures"][name][column] for one in found) for column in COLUMNS]
        print(f"| {name} | {' | '.join(f'{value:.3g}' for value in values)} |")


def main() -> None:
    """Compare, print the table and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", required=True, type=Path)
    parser.add_argument("--size", type=int, default=480, help="pixels of the short side, at most")
    parser.add_argument("--pictures", type=Path, help="folder for the results")
    parser.add_argument("--out", type=Path, default=RESULTS / "super-resolution.json")
    given = parser.parse_args()
    models = {path.stem: load_model(path) for path in given.models}
    factors = {model.spec.scale for model in models.values()}
    blurs = {float(model.provenance["options"]["blur"]) for model in models.values()}
    if len(factors) > 1 or len(blurs) > 1:
        parser.error("the models have several factors or blurs: compare those of one.")
    factor, blur = factors.pop(), blurs.pop()
    ways: dict[str, Enlarge] = {BICUBIC: partial(enlarge_bicubic, factor)}
    ways |= {name: partial(stylize, model=model) for name, model in models.items()}
    found = [compare(path, given.size, factor, blur, ways, given.pictures) for path in given.photographs]
    print_table(found, list(ways))
    document = {
        "machine": machine(torch.get_num_threads(), "cpu"),
        "brushwork": revision(),
        "factor": factor,
        "models": {name: {"options": model.provenance["options"]} for name, model in models.items()},
        "compared": found,
    }
    given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
