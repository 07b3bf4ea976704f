"""What `default.py` paints: pairs of pictures by all programs with the same work, judged in networks that paint
none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from brushwork.controls import RecipeInputs
from brushwork.experiments import CellResult, ExperimentCell
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.experiment import FirstAndLast, Measures
from brushwork.images import Size, fit_size, resize
from brushwork.images.color_transfer import match_linear
from brushwork.metrics import Metrics
from brushwork.recipes import PRESETS, TransferOptions, load_preset
from brushwork.recipes.init_image import cover

NETWORKS = ("alexnet", "vgg16")
"""The judges. Every program paints with VGG-19, of which VGG-16 is a near relation, and AlexNet is none."""

BOUNDED = 6
"""Pairs; the first six hold every picture."""


@dataclass(frozen=True)
class Bench:
    """All that is asked for: pictures, size, work, programs."""

    folder: Path
    easel: ExperimentContext
    pairs: Sequence[tuple[str, str]]
    programs: Mapping[str, TransferOptions]
    work: float
    """Closures at the full size that each program may spend; those at a coarser one count by their share of pixels."""

    def make_cells(self) -> list[ExperimentCell]:
        """Pair by pair, every program."""
        return [self._cell(pair, name) for pair in self.pairs for name in self.programs]

    def _cell(self, pair: tuple[str, str], name: str) -> ExperimentCell:
        photograph, painting = self.easel.contents[pair[0]], self.easel.styles[pair[1]]
        options = spending(self.programs[name], Size.of(photograph), self.easel.size, self.work)
        pictures = RecipeInputs(photograph, (painting,))
        settings, paint = self.easel.settings(options, pictures), self.easel.recipe(options, pictures)
        return ExperimentCell(row(pair), name, settings, paint, partial(self._measure, pair))

    def _measure(self, pair: tuple[str, str], ends: FirstAndLast) -> Measures:
        return self.judged(ends.last.image, pair)

    def judged(self, image, pair: tuple[str, str]) -> Measures:
        """Every figure that depends on the judging network under its name, the others once."""
        photograph, painting = self.easel.contents[pair[0]], self.easel.styles[pair[1]]
        found: dict[str, float] = {}
        for network in NETWORKS:
            judgement = self.easel.evaluator(network)(image, content=photograph, style=painting)
            found |= dict(_figures(judgement, network))
        return found

    def bounds(self) -> Iterator[CellResult]:
        """What was not painted, judged alike: photograph, painting, and two cheap ways between; of six pairs."""
        for pair in self.pairs[:BOUNDED]:
            for name, image in _unpainted(self.easel, pair).items():
                yield CellResult(row(pair), name, self.judged(image, pair), (), 0.0, Path())


def row(pair: tuple[str, str]) -> str:
    """The name of a pair."""
    return " after ".join(pair)


def crossed(photographs: Sequence[str], paintings: Sequence[str]) -> list[tuple[str, str]]:
    """Every photograph with every painting, so that the first few pairs hold all of them, and so the next few."""
    turns = range(len(paintings))
    return [
        (photograph, paintings[(index + turn) % len(paintings)])
        for turn in turns
        for index, photograph in enumerate(photographs)
    ]


def programs(size: int, curve: Sequence[float] = ()) -> dict[str, TransferOptions]:
    """`default`, the published presets, and `default` with its content weighed so many times as much."""
    own = {name: replace(load_preset(name), size=size, measure="long") for name in PRESETS}
    return own | {f"default ×{times:g}": weighed(own["default"], times) for times in curve}


def weighed(options: TransferOptions, times: float) -> TransferOptions:
    """The same with another ratio of content to style."""
    return replace(options, content_weight=options.content_weight * times)


def work_of(options: TransferOptions, photograph: Size, size: int) -> float:
    """Closures at the full size, and others by their share of the pixels."""
    plan = options.make_schedule(photograph, size, "long")
    return sum(level.iterations * level.size.area / plan[-1].size.area for level in plan)


def spending(options: TransferOptions, photograph: Size, size: int, work: float) -> TransferOptions:
    """The options with as many closures as the work allows, shared among the sizes as before."""
    factor = work / work_of(options, photograph, size)
    first, finer = (round(factor * count) for count in (options.iterations, options.finer_iterations))
    return replace(options, iterations=max(1, first), finer_iterations=max(1, finer) if options.finer_iterations else 0)


def _figures(judgement: Metrics, network: str) -> Iterator[tuple[str, float]]:
    once = ("lpips_alexnet", "lpips_vgg16", "ssim", "psnr", "chroma_content", "chroma_style")
    for name, value in asdict(judgement).items():
        if isinstance(value, float):
            yield name if name in once else f"{network} {name}", value


def _unpainted(easel: ExperimentContext, pair: tuple[str, str]) -> dict[str, object]:
    photograph, painting = easel.contents[pair[0]], easel.styles[pair[1]]
    size = fit_size(Size.of(photograph), easel.size, measure="long")
    shown = resize(photograph, size, clamp=True)
    copy = cover(painting, size).clamp(0, 1)
    return {
        "the photograph": shown,
        "its colors matched": match_linear(shown, copy).clamp(0, 1),
        "half photograph, half painting": (shown + copy) / 2,
        "the painting, cropped": copy,
    }
