from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.devices.meter import META, MemoryMeter, to_meta
from brushwork.encoders.load import load_encoder
from brushwork.encoders.native.library import load_library
from brushwork.gradients import evaluate_whole
from brushwork.gradients.partial_sums import make_layout
from brushwork.gradients.rows import RowStream
from brushwork.gradients.strips import split_strips, strip_cost
from brushwork.gradients.tile_layout import TileLayout
from brushwork.gradients.tiled import encode_region, evaluate_tiled, sum_tiled
from brushwork.gradients.view import ImageView
from brushwork.images.geometry import Size, Window
from brushwork.losses import (
    GramLoss,
    GuidedGramLoss,
    ShiftedGramLoss,
    guided_gram_target,
    normalize_guides,
    region_weights,
)
from brushwork.objective import Objective
from brushwork.recipes import load_preset
from brushwork.recipes.style_transfer import TransferProblem
from tiny_network import picture
from tolerances import ONE_DECISION, SINGLE, THROUGH_VGG, require_close

pytestmark = pytest.mark.skipif(load_library() is None, reason="the native kernels were not built")

SIZE = Size(311, 343)
SIDES = [(1000, 1), (256, 1), (256, 99), (190, 1), (190, 3)]
"""Of a tile, and how much is kept: at once, in one strip, in several."""


@pytest.fixture(scope="module")
def encoder_and_objective():
    """A network, an objective with terms of many kinds, and two pictures: rectifications may decide otherwise."""
    encoder = load_encoder("vgg19-normalized", padding="reflect")
    encoder.engine = "native"
    options = replace(
        load_preset("default"), content_layers=("conv3_2",), style_layers=("conv1_1", "conv2_1", "conv3_2")
    )
    photograph, painting = picture(2, *SIZE), picture(3, *SIZE)
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(SIZE)
    mask = (torch.arange(SIZE.width // 2) < 70).float().expand(1, SIZE.height // 2, SIZE.width // 2)
    guides = normalize_guides(torch.cat([mask, 1 - mask]))
    feature = encoder(painting, ["relu2_1"])["relu2_1"]
    guided = GuidedGramLoss(
        "relu2_1", guides, guided_gram_target(feature, guides), 1e-3, region_weights(guides, guides)
    )
    return encoder, objective + Objective.single("guided", guided)


def _evaluated(evaluate, image):
    leaf = image.clone().requires_grad_()
    return evaluate(leaf), leaf.grad


@pytest.mark.slow
@pytest.mark.parametrize(("side", "kept"), SIDES)
def test_row_after_row_as_the_whole(encoder_and_objective, side, kept):
    encoder, objective = encoder_and_objective
    errors = []
    for seed in (4, 5):
        image = picture(seed, *SIZE)
        found, pulled = _evaluated(evaluate_tiled(encoder, objective, side, kept=kept), image)
        expected, true = _evaluated(evaluate_whole(encoder, objective), image)
        for name, value in expected.terms.items():
            torch.testing.assert_close(found.terms[name], value, rtol=THROUGH_VGG, atol=0)
        errors.append(float((pulled - true).norm() / true.norm()))
    assert min(errors) < 2 * THROUGH_VGG  # a mistake would show on both pictures
    assert max(errors) < ONE_DECISION


@pytest.mark.slow
def test_what_is_kept_changes_nothing(encoder_and_objective):
    encoder, objective = encoder_and_objective
    image = picture(4, *SIZE)
    _, plain = _evaluated(evaluate_tiled(encoder, objective, 256), image)
    for kept in (2, 3, 99):
        assert torch.equal(_evaluated(evaluate_tiled(encoder, objective, 256, kept=kept), image)[1], plain)


@pytest.mark.slow
def test_gradients_add_to_what_is_there(encoder_and_objective):
    encoder, objective = encoder_and_objective
    image = picture(4, *SIZE)
    evaluate = evaluate_tiled(encoder, objective, 256)
    _, pulled = _evaluated(evaluate, image)
    leaf = image.clone().requires_grad_()
    leaf.grad = torch.full_like(leaf, 0.5)
    evaluate(leaf)
    torch.testing.assert_close(leaf.grad, pulled + 0.5, rtol=SINGLE, atol=SINGLE)


@pytest.mark.slow
def test_parts_of_the_picture(encoder_and_objective):
    """As several machines do: each evaluates its own rows, the sums are added, the gradients overlap."""
    encoder, objective = encoder_and_objective
    image, terms = picture(4, *SIZE), objective.additive
    layout = make_layout(encoder, terms, SIZE)
    own = [Window(0, 0, 160, 343, SIZE), Window(160, 0, 151, 343, SIZE)]
    shares = []
    for window in own:
        with pytest.raises(_StopError):
            evaluate_tiled(encoder, objective, 190, own=window, combine=lambda sums: _keep(shares, sums))(
                layout.receptive_window(window).crop(image).clone().requires_grad_()
            )
    both = {name: {key: value + shares[1][name][key] for key, value in one.items()} for name, one in shares[0].items()}
    expected, true = _evaluated(evaluate_whole(encoder, objective), image)
    gradient = torch.zeros_like(image)
    for window in own:
        leaf = layout.receptive_window(window).crop(image).clone().requires_grad_()
        losses = evaluate_tiled(encoder, objective, 190, own=window, combine=lambda sums: both)(leaf)
        torch.testing.assert_close(losses.total, expected.total, rtol=THROUGH_VGG, atol=0)
        layout.receptive_window(window).crop(gradient).add_(leaf.grad)
    assert (gradient - true).norm() < ONE_DECISION * true.norm()


class _StopError(Exception):
    pass


def _keep(shares, sums):
    shares.append(sums)
    raise _StopError


def test_what_is_evaluated_in_tiles_all_the_same(encoder_and_objective, monkeypatch):
    encoder, objective = encoder_and_objective
    image = picture(1, 40, 50)
    assert ImageView.create(encoder, image, None, objective.additive).is_streamable
    assert not ImageView.create(encoder, image.double(), None, objective.additive).is_streamable
    assert not ImageView.create(encoder, torch.cat([image, image]), None, objective.additive).is_streamable
    neighbors = ShiftedGramLoss("relu1_1", torch.zeros(1, 64, 64), 1.0, offset=(0, 1))
    assert not ImageView.create(encoder, image, None, {"neighbors": neighbors}).is_streamable
    monkeypatch.setattr(encoder, "engine", "plain")
    assert not ImageView.create(encoder, image, None, objective.additive).is_streamable


OWN = [Window.whole(SIZE), Window(160, 0, 151, 343, SIZE)]


@pytest.mark.slow
@pytest.mark.parametrize("own", OWN)
def test_targets_are_those_of_the_whole(encoder_and_objective, monkeypatch, own):
    """Features and sums, of the whole picture and of a part, without a tile being evaluated."""
    encoder, _ = encoder_and_objective
    image, layers = picture(4, *SIZE), ("pixels", "relu1_1", "conv2_1", "relu2_1", "conv3_2")
    expected, layout = encoder(image, layers), TileLayout.of(encoder, dict.fromkeys(layers, 0), SIZE)
    grams = {layer: GramLoss(layer, torch.zeros(1, *[expected[layer].shape[1]] * 2), 1.0) for layer in layers}
    monkeypatch.setattr(encoder, "forward", None)
    present = layout.receptive_window(own).crop(image)
    found = encode_region(encoder, present, layers, own, 190)
    sums = sum_tiled(encoder, grams, present, 190, own=own)
    for layer in layers:
        cells = layout.grids[layer].owned_positions(own).crop(expected[layer])
        require_close(found[layer], cells, THROUGH_VGG)
        for key, value in grams[layer].summarize(cells, layout.grids[layer].owned_positions(own)).items():
            torch.testing.assert_close(
                sums[layer][key], value.float(), rtol=0, atol=THROUGH_VGG * float(value.abs().max())
            )


@pytest.mark.slow
def test_a_picture_of_one_tile_is_evaluated_once(encoder_and_objective, monkeypatch):
    encoder, objective = encoder_and_objective
    monkeypatch.setattr(RowStream, "compute_sums", lambda _: pytest.fail("twice"))
    _evaluated(evaluate_tiled(encoder, objective, 350), picture(1, *SIZE))


@pytest.mark.slow
@pytest.mark.parametrize("height", [4000])
@pytest.mark.parametrize("kept", [1, 3, 5])
def test_memory_where_only_it_counts_is_that_of_all_rows(encoder_and_objective, height, kept):
    """On `meta` a picture's middle is left out: the peak must not depend on that."""
    encoder, objective = encoder_and_objective
    bare, style = to_meta(encoder), {name: one for name, one in objective.losses.items() if name.startswith("style")}
    peaks = []
    for left_out in (True, False):
        with pytest.MonkeyPatch.context() as patch, MemoryMeter() as meter:
            if not left_out:
                patch.setattr("brushwork.gradients.strips.Strip.shorten", lambda strip, spare: strip)
                patch.setattr("brushwork.gradients.rows._ALIKE", 10**6)
            image = torch.empty(1, 3, height, 400, device=META, requires_grad=True)
            evaluate_tiled(bare, _on_meta(Objective(style)), 512, kept=kept)(image)
        peaks.append(meter.peak)
    assert 0.98 < peaks[0] / peaks[1] < 1.15, "where nearly all is kept, a little too much is counted"


def _on_meta(objective):
    moved = {
        name: weighted._replace(loss=replace(weighted.loss, target=weighted.loss.target.to(META)))
        for name, weighted in objective.losses.items()
    }
    return Objective(moved)


def test_strips_take_the_picture_apart(encoder_and_objective):
    encoder, objective = encoder_and_objective
    for size in (Size(1000, 3001), Size(77, 9000), Size(5000, 500)):
        layout = make_layout(encoder, objective.additive, size)
        for area in (300**2, 384**2, 512**2, 10**9):
            found = split_strips(layout, Window.whole(size), area)
            assert [strip.own.left for strip in found] == [0, *(strip.own.right for strip in found[:-1])]
            assert found[-1].own.right == size.width
            assert all(strip.own.left % layout.stride == 0 and strip.own.width > 0 for strip in found)
            assert 1 <= strip_cost(found, 10**6) < strip_cost(found, 0)
    assert len(split_strips(layout, Window.whole(size), 10**9)) == 1
