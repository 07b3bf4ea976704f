"""Additivity over tiles: any part of an additive loss may be computed anywhere, and the sum is the whole."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from brushwork.encoders.alexnet import make_alexnet
from brushwork.encoders.encoder import PIXELS
from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.encoders.vgg import make_vgg
from brushwork.gradients import evaluate_tiled, evaluate_whole
from brushwork.gradients.partial_sums import add_summaries, halos, make_layout
from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Size, Window
from brushwork.losses import ContentLoss, GramLoss, MeanStdLoss, TotalVariationLoss
from brushwork.objective import Objective
from tiny_network import tiny_network
from tolerances import DOUBLE, ONE_DECISION

NETWORKS = {
    "tiny": (lambda **_: tiny_network(), ("relu1_1", "pool1", "relu2_1", "relu3_1")),
    "vgg": (lambda **how: make_vgg(16, make_caffe_preprocess(), **how), ("relu1_1", "pool1", "relu2_1", "relu3_1")),
    "alexnet": (lambda **how: make_alexnet(make_caffe_preprocess(), **how), ("relu1", "pool1", "relu2")),
}


@dataclass(frozen=True)
class NeighborProductLoss:
    """Σ f(p)·f(p + 2 cells to the right and below): a term that looks beyond its window at any layer."""

    layer: str
    halo: int = 2

    def summarize(self, feature, window):
        grown = window.expand(self.halo)
        top, left = window.top - grown.top, window.left - grown.left
        bottom = min(window.bottom, window.full_size.height - self.halo) - window.top
        right = min(window.right, window.full_size.width - self.halo) - window.left
        here = feature[..., top : top + max(0, bottom), left : left + max(0, right)]
        there = feature[..., top + self.halo :, left + self.halo :][..., : here.shape[-2], : here.shape[-1]]
        return {"product": (here * there).flatten(1).sum(-1)}

    def score(self, summary):
        return summary["product"] / 1e5


def network(name, ceil=False, pooling="max", padding="zeros"):
    torch.manual_seed(0)
    make, layers = NETWORKS[name]
    return make(ceil=ceil, pooling=pooling, padding=padding).double(), layers


def make_objective(encoder, layers, size):
    """Every kind of term at every layer, their targets taken from noise."""
    generator, dtype = torch.Generator().manual_seed(1), next(encoder.parameters()).dtype
    with torch.no_grad():
        features = encoder(torch.rand(1, 3, *size, generator=generator, dtype=dtype), layers)
    found = Objective.single("smooth", TotalVariationLoss(2, 0.3, 0.7)) + Objective.single(
        "colors", GramLoss(PIXELS, torch.eye(3)[None], 1.0)
    )
    for layer, feature in features.items():
        columns = feature.flatten(2)
        found += Objective.single(f"gram {layer}", GramLoss(layer, columns @ columns.mT / columns.shape[-1], 1e-4), 2.0)
        found += Objective.single(f"spread {layer}", MeanStdLoss(layer, columns.mean(-1), columns.std(-1), 0.1))
        found += Objective.single(f"neighbors {layer}", NeighborProductLoss(layer))
    deepest = layers[-1]
    return found + Objective.single("content", ContentLoss(deepest, features[deepest], 0.01))


def evaluated(evaluate, image):
    leaf = image.detach().requires_grad_()
    losses = evaluate(leaf)
    return losses, leaf.grad


def noise(size, batch=1):
    return torch.rand(batch, 3, *size, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def assert_same(found, expected, tolerance):
    (losses, gradient), (true_losses, true_gradient) = found, expected
    for name, value in true_losses.terms.items():
        torch.testing.assert_close(losses.terms[name], value, rtol=tolerance, atol=0)
    torch.testing.assert_close(losses.total, true_losses.total, rtol=tolerance, atol=0)
    assert (gradient - true_gradient).norm() <= tolerance * true_gradient.norm()


sides = st.integers(35, 90)
few = st.integers(35, 60)
"""Where each of several bands is computed twice: still tiles and bands of several cells of the deepest layer."""


@pytest.mark.slow
@given(st.sampled_from(sorted(NETWORKS)), sides, sides, st.integers(56, 100), st.integers(0, 3), st.data())
@settings(max_examples=12, deadline=None)
def test_tiles_are_the_whole(name, height, width, side, kept, data):
    how = {
        "ceil": data.draw(st.booleans()),
        "pooling": data.draw(st.sampled_from(["max", "average"])),
        "padding": data.draw(st.sampled_from(["zeros", "reflect"])),
    }
    encoder, layers = network(name, **how)
    size, image = Size(height, width), noise((height, width), batch=data.draw(st.integers(1, 2)))
    objective = make_objective(encoder, layers, size)
    found = evaluated(evaluate_tiled(encoder, objective, side, kept=kept), image)
    assert_same(found, evaluated(evaluate_whole(encoder, objective), image), DOUBLE)


@pytest.mark.slow
@given(few, few, st.lists(st.integers(1, 20), max_size=3), st.integers(24, 70))
@settings(max_examples=5, deadline=None)
def test_bands_of_rows_are_the_whole(height, width, cuts, side):
    """As machines share a picture: each its own rows and their halo; the sums of all; gradients added."""
    encoder, layers = network("tiny")
    size, image = Size(height, width), noise((height, width))
    objective = make_objective(encoder, layers, size)
    layout = make_layout(encoder, objective.additive, size)
    edges = sorted({0, height, *(cut * layout.stride for cut in cuts if cut < layout.deepest_layer.positions.height)})
    bands = [Window(top, 0, bottom - top, width, size) for top, bottom in pairwise(edges)]
    asides, gradient = [], torch.zeros_like(image)
    for own in bands:
        collect = evaluate_tiled(encoder, objective, side, own=own, combine=lambda sums: asides.append(sums) or sums)
        evaluated(collect, layout.receptive_window(own).crop(image))
    together = add_summaries(asides)
    for own in bands:
        outer = layout.receptive_window(own)
        losses, part = evaluated(
            evaluate_tiled(encoder, objective, side, own=own, combine=lambda _: together), outer.crop(image)
        )
        outer.crop(gradient).add_(part)
    assert_same((losses, gradient), evaluated(evaluate_whole(encoder, objective), image), DOUBLE)


@pytest.mark.slow
@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_tiles_divide_the_picture_and_its_cells(height, width, side):
    encoder, layers = tiny_network(), {PIXELS: 1, "relu1_1": 0, "relu3_1": 2}
    size = Size(max(4, height), max(4, width))
    layout = TileLayout.of(encoder, layers, size)
    tiles = layout.tiles(side)
    for whole_map, parts in [
        (size, tiles),
        *((lattice.positions, [lattice.owned_positions(tile) for tile in tiles]) for lattice in layout.grids.values()),
    ]:
        seen = torch.zeros(whole_map)
        for part in parts:
            part.crop(seen).add_(1)
            assert part.height > 0 and part.width > 0
        assert torch.equal(seen, torch.ones(whole_map))
    for tile in tiles:
        assert tile.top % layout.stride == tile.left % layout.stride == 0
        outer = layout.receptive_window(tile)
        assert max(outer.height, outer.width) <= max(side, 2 * layout.halo + 2 * layout.stride)


@pytest.mark.slow
def test_single_precision():
    encoder, layers = network("vgg", padding="reflect")
    size = Size(101, 90)
    objective, image = make_objective(encoder.float(), layers, size), noise(size).float()
    found = evaluated(evaluate_tiled(encoder, objective, 64), image)
    assert_same(found, evaluated(evaluate_whole(encoder, objective), image), ONE_DECISION)


def test_reaches_are_those_of_the_farthest_term():
    assert halos({"a": TotalVariationLoss(2, 1.0, 1.0), "b": GramLoss(PIXELS, torch.eye(3)[None], 1.0)}) == {PIXELS: 1}
