"""A painter learns against a judge of patches, which learns meanwhile to tell its pictures from real ones.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import nn

from brushwork.errors import InputError
from brushwork.fast.mgan import TAP, MganNetwork
from brushwork.perception import Encoder
from brushwork.picture.window import Size
from brushwork.recipes.patch_judge import hinge, initialize
from brushwork.recipes.rival import BETAS
from brushwork.training.blocks import blocks, middle
from brushwork.training.lesson import Batch, Turn
from brushwork.training.markov_judge import BlockJudge
from brushwork.training.markov_options import MarkovTraining
from brushwork.types import Feature, Features, Image, Losses, Scalar

PAINTER, JUDGE = "painter", "judge"

JUDGED = "conv3_1"
"""Layer whose patches are judged."""


class Pair(NamedTuple):
    """A photograph, and the same painted: what the painter is to make of it."""

    photograph: Image
    painted: Image


class Matter(NamedTuple):
    """What a painter learns from: pairs, or paintings where it must find its own way."""

    pairs: Sequence[Pair] = ()
    held_out: Sequence[Pair] = ()
    """Pairs to judge by."""
    paintings: Sequence[Image] = ()


class MarkovLesson:
    """An MGAN learns from pairs that MDAN painted; without them from photographs, and blocks of the painting.

    With several processes the norms of a batch are those of each process, so that two do not learn quite what one does.
    """

    def __init__(self, matter: Matter, options: MarkovTraining, encoder: Encoder) -> None:
        """All pictures and the encoder lie on the device to learn on.

        Raises: InputError: nothing to learn from, or pictures smaller than a block.
        """
        self.options, self.settings, self._matter, self._encoder = options, options.architecture, matter, encoder
        self._real = [torch.cat(pair, dim=1) for pair in matter.pairs] or list(matter.paintings)
        _require_large(self._real, options.block)
        self.crop = 0 if matter.pairs else options.block
        device = self._real[0].device
        self._painter = MganNetwork(self.settings, encoder).to(device)
        self._judge = BlockJudge(_channels(encoder)).to(device)
        initialize(self._painter, options.seed)
        initialize(self._judge, options.seed + 1)
        self.learners: Mapping[str, nn.Module] = {PAINTER: self._painter, JUDGE: self._judge}
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(learner.parameters(), options.learning_rate, betas=BETAS)
            for name, learner in self.learners.items()
        }

    def turns(self, batch: Batch) -> Iterator[Turn]:
        """First the judge learns, then the painter, from the same blocks."""
        photographs, targets, real = self._drawn(batch)
        painted = self._painter(photographs).float()
        seen, wanted = self._encoder(painted, [JUDGED, TAP]), self._wanted(targets)
        known = wanted if real is targets else self._wanted(real)
        taught = hinge(self._judge(known[JUDGED]), real=True) + hinge(self._judge(seen[JUDGED].detach()), real=False)
        yield Turn(JUDGE, Losses(taught, {"judge": taught}))
        self._judge.requires_grad_(False)
        try:
            yield Turn(PAINTER, self._losses(painted, seen, targets, wanted))
        finally:
            self._judge.requires_grad_(True)

    @torch.no_grad()
    def judge(self, batch: Batch) -> Mapping[str, float]:
        """How far what was held out is kept, and how far its judge is fooled."""
        photographs, targets = self._examined(batch)
        painted = self._painter(photographs).float()
        seen, wanted = self._encoder(painted, [JUDGED, TAP]), self._wanted(targets)
        total, terms = self._losses(painted, seen, targets, wanted)
        return {name: float(value) for name, value in {"total": total, **terms}.items()}

    @torch.no_grad()
    def show(self, batch: Batch) -> Image:
        """Photographs, what they are to become if that is known, and what the painter makes of them, in columns."""
        photographs, targets = self._examined(batch)
        painted = self._painter(photographs).float()
        rows = [photographs, targets, painted] if self._matter.pairs else [painted]
        return torch.cat(rows, dim=-2)

    def _losses(self, painted: Image, seen: Features, targets: Image, wanted: Features) -> Losses:
        """The painter's: what is kept of the target, and the judge's doubt."""
        options = self.options
        pixels = options.content == "pixels"
        kept = options.content_weight * (_share(painted, targets) if pixels else _share(seen[TAP], wanted[TAP]))
        doubt = options.judge_weight * hinge(self._judge(seen[JUDGED]), real=True)
        return Losses(kept + doubt, {"content": kept, "style": doubt})

    def _drawn(self, batch: Batch) -> tuple[Image, Image, Image]:
        """Photographs, what is to be kept, and what is real."""
        drawn = blocks(self._real, batch, self.options)
        if self._matter.pairs:
            photographs, painted = drawn[:, :3], drawn[:, 3:]
            return photographs, painted, painted
        if batch.pictures is None:
            raise InputError("no photographs were given: this painter learns from a folder of them.")
        return batch.pictures, batch.pictures, drawn

    def _examined(self, batch: Batch) -> tuple[Image, Image]:
        """Photographs that are not learned from, and what is to be kept of them."""
        if not self._matter.pairs:
            photographs, kept, _ = self._drawn(batch)
            return photographs, kept
        pairs = self._matter.held_out or self._matter.pairs[:1]
        found = (torch.cat([middle(one, self.options.block) for one in which]) for which in zip(*pairs, strict=True))
        photographs, painted = found
        return photographs, painted

    @torch.no_grad()
    def _wanted(self, real: Image) -> Features:
        found: Features = self._encoder(real, [JUDGED, TAP])
        return found


def _share(given: Feature, wanted: Feature) -> Scalar:
    """The squared difference to what is wanted, as a share of its energy."""
    return (given - wanted).square().sum() / wanted.square().sum().clamp_min(torch.finfo(wanted.dtype).tiny)


def _channels(encoder: Encoder) -> int:
    """Of what is judged."""
    side = encoder.smallest([JUDGED])
    device = next(encoder.parameters()).device
    return int(encoder(torch.zeros(1, 3, side, side, device=device), [JUDGED])[JUDGED].shape[1])


def _require_large(pictures: Sequence[Feature], block: int) -> None:
    if not pictures:
        raise InputError("there is nothing to learn from: give a painting.")
    for one in pictures:
        if min(Size.of(one)) < block:
            raise InputError(
                f"a picture of {Size.of(one)} holds no block of {block} pixels: take a larger target-size."
            )
