"""What `default.py` paints: pairs of pictures by all programs with the same work, judged in networks that paint none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from brushwork.judging import Judgement
from brushwork.lab import Cell, Result
from brushwork.lab.cell import Ends, Figures
from brushwork.lab.easel import Easel
from brushwork.picture import Size, fit, resize
from brushwork.picture.match import match_linear
from brushwork.recipes import PRESETS, Pictures, Transfer, preset
from brushwork.recipes.coarse_to_fine import levels
from brushwork.recipes.start import covering

NETWORKS = ("alexnet", "vgg16")
"""The judges. Every program paints with VGG-19, of which VGG-16 is a near relation, and AlexNet is none."""

BOUNDED = 6
"""Pairs; the first six hold every picture."""


@dataclass(frozen=True)
class Bench:
    """All that is asked for: pictures, size, work, programs."""

    folder: Path
    easel: Easel
    pairs: Sequence[tuple[str, str]]
    programs: Mapping[str, Transfer]
    work: float
    """Closures at the full size that each program may spend; those at a coarser one count by their share of pixels."""

    def cells(self) -> list[Cell]:
        """Pair by pair, every program."""
        return [self._cell(pair, name) for pair in self.pairs for name in self.programs]

    def _cell(self, pair: tuple[str, str], name: str) -> Cell:
        photograph, painting = self.easel.photographs[pair[0]], self.easel.paintings[pair[1]]
        options = spending(self.programs[name], Size.of(photograph), self.easel.size, self.work)
        pictures = Pictures(photograph, (painting,))
        settings, paint = self.easel.settings(options, pictures), self.easel.recipe(options, pictures)
        return Cell(row(pair), name, settings, paint, partial(self._measure, pair))

    def _measure(self, pair: tuple[str, str], ends: Ends) -> Figures:
        return self.judged(ends.last.image, pair)

    def judged(self, image, pair: tuple[str, str]) -> Figures:
        """Every figure that depends on the judging network under its name, the others once."""
        photograph, painting = self.easel.photographs[pair[0]], self.easel.paintings[pair[1]]
        found: dict[str, float] = {}
        for network in NETWORKS:
            judgement = self.easel.jury(network)(image, content=photograph, style=painting)
            found |= dict(_figures(judgement, network))
        return found

    def bounds(self) -> Iterator[Result]:
        """What was not painted, judged alike: photograph, painting, and two cheap ways between; of six pairs."""
        for pair in self.pairs[:BOUNDED]:
            for name, image in _unpainted(self.easel, pair).items():
                yield Result(row(pair), name, self.judged(image, pair), (), 0.0, Path())


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


def programs(size: int, curve: Sequence[float] = ()) -> dict[str, Transfer]:
    """`default`, the published presets, and `default` with its content weighed so many times as much."""
    own = {name: replace(preset(name), size=size, measure="long") for name in PRESETS}
    return own | {f"default ×{times:g}": weighed(own["default"], times) for times in curve}


def weighed(options: Transfer, times: float) -> Transfer:
    """The same with another ratio of content to style."""
    return replace(options, content_weight=options.content_weight * times)


def work_of(options: Transfer, photograph: Size, size: int) -> float:
    """Closures at the full size, and others by their share of the pixels."""
    plan = levels(photograph, size, "long", options)
    return sum(level.closures * level.size.area / plan[-1].size.area for level in plan)


def spending(options: Transfer, photograph: Size, size: int, work: float) -> Transfer:
    """The options with as many closures as the work allows."""
    each = work_of(replace(options, iterations=1000), photograph, size) / 1000
    return replace(options, iterations=max(1, round(work / each)))


def _figures(judgement: Judgement, network: str) -> Iterator[tuple[str, float]]:
    once = ("lpips_alexnet", "lpips_vgg16", "ssim", "psnr", "chroma_content", "chroma_style")
    for name, value in asdict(judgement).items():
        if isinstance(value, float):
            yield name if name in once else f"{network} {name}", value


def _unpainted(easel: Easel, pair: tuple[str, str]) -> dict[str, object]:
    photograph, painting = easel.photographs[pair[0]], easel.paintings[pair[1]]
    size = fit(Size.of(photograph), easel.size, by="long")
    shown = resize(photograph, size, clamp=True)
    copy = covering(painting, size).clamp(0, 1)
    return {
        "the photograph": shown,
        "its colors matched": match_linear(shown, copy).clamp(0, 1),
        "half photograph, half painting": (shown + copy) / 2,
        "the painting, cropped": copy,
    }
