from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.errors import InputError, NotAdditiveError
from brushwork.gradients.partition import FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size, Window
from brushwork.losses import make_gaussian_target, style_losses
from brushwork.recipes import extract_style, run_recipe, synthesize_texture, transfer
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.style_targets import StyleTargets
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.style import Style, blend_styles
from tolerances import DOUBLE

LOSSES = tuple(style_losses())
FOR_TEXTURES = tuple(name for name, loss in style_losses().items() if not loss.needs_content)
LAYERS = ("pool1", "conv2_1")
ADDITIVE = ("moments", "covariance", "wasserstein", "patches")


@pytest.fixture
def options(small_transfer):
    def with_losses(*loss, **own):
        given = {"style_layers": LAYERS, "normalization": "relative", "min_size": 0, "loss": loss}
        return small_transfer(**(given | own))

    return with_losses


def objective(subject):
    return {name: one for name, one in subject.objective_at(Size(48, 64)).losses.items() if ":" in name}


BY_NEIGHBORS = ("neighbors", "hypercolumns")
"""Losses to features of the painting in four orientations, about the mean of all."""


def left_over(loss):
    """What part of a loss may be left: the nearest features are those of another picture."""
    return 0.9 if loss in BY_NEIGHBORS else 0.5


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_falls_in_a_transfer(loss, options, tiny, photograph, painting):
    style = {"content_weight": 0.0, "tv_weight": 0.0, "moment_weight": 0.0, "iterations": 12, "style_weight": 1e3}
    steps = transfer(photograph, [painting], options(loss, **style), encoder=tiny)
    first, *_, last = (float(step.step.losses.total) for step in steps)
    assert last < left_over(loss) * first


@pytest.mark.slow
@pytest.mark.parametrize("loss", FOR_TEXTURES)
def test_every_loss_falls_in_a_texture(loss, small_texture, tiny, painting):
    given = small_texture(style_layers=LAYERS, loss=(loss,), iterations=24, style_weight=1e6)
    first, *_, last = (float(step.step.losses.total) for step in synthesize_texture(painting, given, encoder=tiny))
    assert last < left_over(loss) * first


def test_a_texture_has_no_content_to_find_hypercolumns_for(small_texture, tiny, painting):
    with pytest.raises(InputError, match=r"hypercolumns needs a content image.*use neighbors"):
        next(synthesize_texture(painting, small_texture(style_layers=LAYERS, loss=("hypercolumns",)), encoder=tiny))


@pytest.mark.parametrize("loss", [one for one in LOSSES if one not in BY_NEIGHBORS])
def test_a_loss_is_nothing_at_the_painting_itself(loss, options, tiny, painting):
    given = options(loss, content_weight=0.0, tv_weight=0.0, measure="long", size=60)
    first = next(transfer(painting.flip(0), [painting], given, encoder=tiny, init=painting))
    # Twelve Newton–Schulz steps leave something of the roots of small variances.
    assert float(first.step.losses.total) == pytest.approx(0, abs=1e-3 if loss == "wasserstein-steps" else DOUBLE)


BY_SIZE = ("patches", "gram-sums", "gram-pixels")
"""Losses that depend on the sizes of the pictures."""


@pytest.mark.parametrize("loss", [one for one in LOSSES if one not in BY_SIZE])
def test_a_relative_loss_is_one_where_nothing_is(loss, options, tiny, photograph, painting):
    """All are measured by the painting, so that the same weight means the same."""
    subject = TransferProblem(photograph, [painting], options(loss), tiny)
    features = tiny(torch.zeros(1, 3, 48, 64), LAYERS)
    nothing = {layer: torch.zeros_like(feature) for layer, feature in features.items()}
    for name, (_, term) in objective(subject).items():
        layer = name.split(":")[1]
        if name.startswith("content") or (name.startswith("moments") and loss != "moments"):
            continue
        found = term.score_whole(nothing[layer]) if hasattr(term, "score_whole") else _scored(term, nothing[layer])
        expected = 2 if loss == "covariance" else 1  # of the means and of the covariances
        # Sliced: some hundred directions stand for all of them; the others keep their divisors away from zero.
        assert float(found) == pytest.approx(expected, rel=0.35 if loss == "sliced" else 0.02)


def _scored(term, feature):
    return term.score(term.summarize(feature, Window.whole(Size.of(feature))))


def test_losses_add_up_with_their_weights(options, tiny, photograph, painting):
    alone = {
        loss: objective(TransferProblem(photograph, [painting], options(loss), tiny)) for loss in ("gram", "sliced")
    }
    both = objective(TransferProblem(photograph, [painting], options("gram:2", "sliced:0.5"), tiny))
    assert both.keys() == alone["gram"].keys() | alone["sliced"].keys()
    for layer in LAYERS:
        assert both[f"style:{layer}"].weight == 2 * alone["gram"][f"style:{layer}"].weight
        assert both[f"sliced:{layer}"].weight == 0.5 * alone["sliced"][f"sliced:{layer}"].weight
        assert both[f"moments:{layer}"].weight == alone["gram"][f"moments:{layer}"].weight


def test_moments_named_and_beside_gram_are_one_loss_with_both_weights(options):
    relative = NORMALIZATIONS["relative"]
    both = {name: weight for name, _, weight in relative.weigh_losses(options("gram", "moments", moment_weight=32.0))}
    named = {name: weight for name, _, weight in relative.weigh_losses(options("moments"))}
    assert both["moments"] == named["moments"] + 32.0
    assert both.keys() == {"style", "moments"}


@pytest.mark.slow
def test_in_relative_losses_are_balanced_with_gram_matrices(options, tiny, photograph, painting):
    for loss in ("moments", "covariance", "wasserstein", "sliced", "histogram", "patches", *BY_NEIGHBORS):
        weights = {}
        for convention in ("relative", "authors"):
            subject = TransferProblem(photograph, [painting], options(loss, normalization=convention), tiny)
            weights[convention] = objective(subject)[f"{loss}:pool1"].weight
        assert weights["relative"] == pytest.approx(style_losses()[loss].balance * weights["authors"])


def test_means_and_deviations_stand_beside_the_gram_matrix_alone(options, tiny, photograph, painting):
    names = objective(TransferProblem(photograph, [painting], options("wasserstein"), tiny)).keys()
    assert names == {"content:conv2_1", *(f"wasserstein:{layer}" for layer in LAYERS)}


@pytest.mark.slow
@pytest.mark.parametrize("loss", ADDITIVE)
def test_additive_losses_in_tiles_are_those_of_the_whole(loss, options, tiny, photograph, painting):
    pictures = RecipeInputs(photograph, (painting,))
    shares = (FullImage(), FullImage(Tiling(32)))
    whole, tiled = (next(run_recipe(options(loss), pictures, encoder=tiny, partition=share)).step for share in shares)
    for name, value in whole.losses.terms.items():
        torch.testing.assert_close(tiled.losses.terms[name], value, rtol=DOUBLE, atol=DOUBLE)


@pytest.mark.parametrize("loss", ["sliced", "histogram", *BY_NEIGHBORS])
def test_the_others_refuse_tiles_by_name(loss, options, tiny, photograph, painting):
    with pytest.raises(NotAdditiveError, match=f"{loss}:pool1"):
        next(
            run_recipe(
                options(loss), RecipeInputs(photograph, (painting,)), encoder=tiny, partition=FullImage(Tiling(32))
            )
        )


@pytest.mark.parametrize("share", [FullImage(), FullImage(Tiling(32))])
def test_gaussians_are_those_of_the_features(share, tiny, painting):
    found = StyleTargets(
        [painting], [1.0], Style.of(painting, tiny, LAYERS), tiny, Size(48, 64), partition=share
    ).gaussians
    for layer, feature in tiny(painting, LAYERS).items():
        expected = make_gaussian_target(feature)
        torch.testing.assert_close(found[layer].mean, expected.mean)
        torch.testing.assert_close(found[layer].covariance, expected.covariance, rtol=DOUBLE, atol=DOUBLE)


def test_gaussians_of_several_paintings_are_blended(tiny, painting):
    one, two = painting, painting.sqrt()
    styles = [Style.of(each, tiny, LAYERS) for each in (one, two)]
    alone = [make_gaussian_target(tiny(each, LAYERS)["pool1"]) for each in (one, two)]
    both = StyleTargets([one, two], [0.25, 0.75], blend_styles(styles), tiny, Size(48, 64)).gaussians["pool1"]
    torch.testing.assert_close(both.mean, 0.25 * alone[0].mean + 0.75 * alone[1].mean)
    expected = 0.25 * alone[0].covariance + 0.75 * alone[1].covariance
    torch.testing.assert_close(both.covariance, expected, rtol=DOUBLE, atol=DOUBLE)


def test_sorted_losses_of_several_paintings_are_weighted_sums(options, tiny, photograph, painting):
    subject = TransferProblem(
        photograph, [painting, painting.sqrt()], options("histogram", style_blend=(1.0, 3.0)), tiny
    )
    found = objective(subject)
    assert {"histogram:pool1:1", "histogram:pool1:2"} <= found.keys()
    assert found["histogram:pool1:2"].weight == pytest.approx(3 * found["histogram:pool1:1"].weight)


def test_patches_are_of_whichever_painting_is_nearest(options, tiny, photograph, painting):
    pair = [painting, photograph]
    found = objective(TransferProblem(photograph, pair, options("patches"), tiny))["patches:pool1"].loss
    assert len(found.targets) == 2
    with pytest.raises(InputError, match="the loss patches cannot blend style images by weights"):
        transfer(photograph, pair, options("patches", style_blend=(1.0, 2.0)), encoder=tiny)


def test_kept_styles_have_moments_only(options, tiny, photograph, painting):
    kept = extract_style(painting, options("gram"), "a painting", encoder=tiny)
    next(transfer(photograph, [kept], options("moments"), encoder=tiny))
    with pytest.raises(InputError, match="holds only moments, but the loss covariance needs more"):
        next(transfer(photograph, [kept], options("covariance"), encoder=tiny))


@pytest.mark.slow
def test_directions_are_drawn_anew_and_a_resumed_run_sees_the_same_ones(options, tiny, photograph, painting):
    given = options("sliced", iterations=25)
    pairs = [(step, step.resume_state()) for step in transfer(photograph, [painting], given, encoder=tiny)]
    steps = [step for step, _ in pairs]
    assert [step.step.index for step in steps] == list(range(1, 26))
    for at in (7, 10, 14, 20):
        *_, last = transfer(photograph, [painting], given, encoder=tiny, resume=pairs[at - 1][1])
        assert torch.equal(last.image, steps[-1].image)
    totals = [float(step.step.losses.total) for step in steps]
    assert all(after < 3 * before for before, after in pairwise(totals))
