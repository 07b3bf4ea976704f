"""What every style term costs: seconds per closure beside the plain style of five Gram matrices.

    python bench/terms.py [--size 256] [--repeats 3] [--threads 1] [--only local patches]

A closure is the network forward, the terms, and the gradient into the picture. Seconds are those of the processor over
all threads, so that other work on the machine does not count; the best of the repeats, taken by turns with the plain
style. The ratio is the one to the plain style.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

from brushwork import Encoder, Objective, evaluate_whole, load_encoder, read_image, resize
from brushwork.images import Size
from brushwork.losses import (
    AnyLoss,
    CovarianceLoss,
    GaussianWassersteinLoss,
    GramEntryLoss,
    GramLoss,
    GuidedGramLoss,
    GuidedMeanStdLoss,
    HistogramLoss,
    LocalGramLoss,
    MeanStdLoss,
    MRFLoss,
    ShiftedGramLoss,
    SlicedWassersteinLoss,
    content_guides,
    guided_gram_target,
    guided_mean_std_target,
    histogram_target,
    make_gaussian_target,
    normalize_guides,
    region_weights,
    shifted_target,
    window_weights,
)
from compare_machine import processor

EXAMPLES = Path(__file__).parent.parent / "examples"
FIVE = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
CONTENT, GUIDES = "conv4_2", 16
REGIONS = 3

Make = Callable[[str, torch.Tensor], AnyLoss]
"""A term from its tap and the painting's features there."""


def gram(tap: str, painting: torch.Tensor) -> AnyLoss:
    return GramLoss(tap, shifted_target(painting), 1.0)


def spread(tap: str, painting: torch.Tensor) -> AnyLoss:
    target = make_gaussian_target(painting)
    return MeanStdLoss(tap, target.mean, target.covariance.diagonal(dim1=1, dim2=2).sqrt(), 1.0)


def masks(painting: torch.Tensor) -> torch.Tensor:
    """Soft stripes."""
    rows = torch.linspace(0, REGIONS, painting.shape[2])[None, :, None]
    soft = (1 - (rows - torch.arange(REGIONS)[:, None, None] - 0.5).abs()).clamp(0, 1)
    return normalize_guides(soft.expand(-1, -1, painting.shape[3]))


def guided(tap: str, painting: torch.Tensor) -> AnyLoss:
    guides = masks(painting)
    return GuidedGramLoss(tap, guides, guided_gram_target(painting, guides), 1.0, region_weights(guides, guides))


def guided_spread(tap: str, painting: torch.Tensor) -> AnyLoss:
    guides = masks(painting)
    return GuidedMeanStdLoss(
        tap, guides, *guided_mean_std_target(painting, guides), 1.0, region_weights(guides, guides)
    )


def local(half: int) -> Make:
    return lambda tap, painting: LocalGramLoss(tap, painting, window_weights(half), 1.0)


def covariance(responses: torch.Tensor) -> Make:
    """Style-content covariance with the first channels of a content layer."""

    def make(tap: str, painting: torch.Tensor) -> AnyLoss:
        guides = content_guides(responses[:, :GUIDES], Size.of(painting), window_weights(1))
        return GuidedGramLoss(tap, guides, guided_gram_target(painting, guides), 1.0, torch.ones(GUIDES))

    return make


def patches(stride: int) -> Make:
    return lambda tap, painting: MRFLoss(tap, (painting,), 1.0, stride)


def rows(responses: torch.Tensor) -> dict[str, tuple[tuple[str, ...], Make]]:
    """Every line of the table: its name, its layers, its term."""
    return {
        "mean and std": (FIVE, spread),
        "covariance": (FIVE, lambda tap, painting: CovarianceLoss(tap, make_gaussian_target(painting), 1.0)),
        "Gaussians (Wasserstein-2)": (
            FIVE,
            lambda t, painting: GaussianWassersteinLoss(t, make_gaussian_target(painting), 1.0),
        ),
        "shifted Gram, (0, 1)": (
            FIVE,
            lambda t, painting: ShiftedGramLoss(t, shifted_target(painting, 0, (0, 1)), 1.0, offset=(0, 1)),
        ),
        f"guided Gram, {REGIONS} regions": (FIVE, guided),
        f"guided mean and std, {REGIONS} regions": (FIVE, guided_spread),
        "style-content covariance, 16 guides": (FIVE, covariance(responses)),
        "sliced Wasserstein": (FIVE, lambda tap, painting: SlicedWassersteinLoss(tap, painting, 1.0)),
        "histogram": (
            ("conv1_1", "conv4_1"),
            lambda tap, painting: HistogramLoss(tap, histogram_target(painting), 1.0),
        ),
        "one Gram entry": (("conv3_1",), lambda tap, _: GramEntryLoss(tap, ((0, 1),))),
        **{f"localized, s = {half}": (FIVE, local(half)) for half in (0, 1, 2, 4)},
        **{f"nearest patch, stride {stride}": (("conv3_1", "conv4_1"), patches(stride)) for stride in (1, 2)},
    }


def objective(layers: tuple[str, ...], make: Make, painted: dict[str, torch.Tensor]) -> Objective:
    return sum((Objective.single(tap, make(tap, painted[tap])) for tap in layers), start=Objective({}))


def closure(encoder: Encoder, goal: Objective, photograph: torch.Tensor) -> float:
    """Processor seconds of one closure."""
    image = photograph.clone().requires_grad_()
    start = time.process_time()
    evaluate_whole(encoder, goal)(image)
    return time.process_time() - start


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    size = Size(arguments.size, arguments.size)
    encoder = load_encoder("vgg19-normalized")
    photograph, painting = (resize(read_image(EXAMPLES / name).image, size) for name in ("cat.png", "great_wave.png"))
    with torch.no_grad():
        painted = dict(encoder(painting, (*FIVE, CONTENT)))
    plain = objective(FIVE, gram, painted)
    closure(encoder, plain, photograph)
    print(f"{size} pixels, VGG-19, {arguments.threads} threads, {processor()}\n")
    print("| term | layers | seconds per closure | to the plain style |\n|---|---|---|---|")
    for name, (layers, make) in rows(painted[CONTENT]).items():
        if arguments.only and not any(word in name for word in arguments.only):
            continue
        goal = objective(layers, make, painted)
        closure(encoder, goal, photograph)
        turns = [
            (closure(encoder, plain, photograph), closure(encoder, goal, photograph)) for _ in range(arguments.repeats)
        ]
        base, own = (min(column) for column in zip(*turns, strict=True))
        print(f"| {name} | {', '.join(layers)} | {own:.2f} (plain: {base:.2f}) | {own / base:.2f}× |", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256, help="side of the square pictures, in pixels")
    parser.add_argument("--repeats", type=int, default=3, help="closures of each, by turns")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="words of the terms' names")
    return parser.parse_args()


if __name__ == "__main__":
    main()
