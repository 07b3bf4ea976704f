from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.controls import RecipeInputs, StyleRegion
from brushwork.gradients.partition import FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size, Window
from brushwork.images.resample import resize
from brushwork.losses import style_losses
from brushwork.recipes import run_recipe
from brushwork.recipes.style_transfer import TransferProblem
from half_masks import left
from tolerances import DOUBLE, SINGLE

BY_REGIONS = tuple(name for name, loss in style_losses().items() if loss.regions is not None)
SIZE = Size(48, 64)


def terms(photograph, paintings, options, encoder, regions):
    return TransferProblem(photograph, paintings, options, encoder, regions=regions).objective_at(SIZE).losses


def value(weighted, features):
    return float(scored(weighted, features[weighted.loss.layer]))


def scored(weighted, feature):
    weight, term = weighted
    if hasattr(term, "score_whole"):
        return weight * term.score_whole(feature)
    return weight * term.score(term.summarize(feature, Window.whole(Size.of(feature))))


@pytest.mark.slow
@pytest.mark.parametrize("loss", [*((name,) for name in BY_REGIONS), ("gram:0.5", "moments:2")])
@pytest.mark.parametrize("guides", ["simple", "all", "inside"])
def test_one_region_of_everything_is_plain_style(guides, loss, small_transfer, tiny, photograph, painting):
    options = small_transfer(guides=guides, loss=loss, normalization="relative")
    everything = StyleRegion(torch.ones(1, 24, 32), torch.ones(1, 6, 4))
    plain, guided = (terms(photograph, [painting], options, tiny, regions) for regions in ((), (everything,)))
    assert plain.keys() == guided.keys()
    features = tiny(photograph.sqrt(), [name.partition(":")[2] for name in plain if ":" in name])
    for name in plain:
        if ":" in name:
            assert value(guided[name], features) == pytest.approx(value(plain[name], features), rel=SINGLE)


def test_a_region_is_measured_by_its_part_of_the_painting(small_transfer, tiny, photograph, painting, halves):
    """Guided moments of the painting, from their definition in float64."""
    term = terms(photograph, [painting], small_transfer(measure="long"), tiny, halves)["style:pool1"].loss
    feature = tiny(resize(painting, Size(64, 43), clamp=True), ["pool1"])["pool1"].double()
    for number, mask in enumerate((left(60, 40), 1 - left(60, 40))):
        guide = resize(resize(mask[None], Size(64, 43), kernel="bilinear"), Size.of(feature), kernel="bilinear")
        squares = guide.double().square()[0, 0] / guide.double().square().mean()
        expected = torch.einsum("nchw,ndhw,hw->cd", feature, feature, squares) / squares.numel()
        torch.testing.assert_close(term.target[0, number], expected, rtol=SINGLE, atol=0)


def test_what_lies_outside_of_a_region_does_not_matter_to_it(small_transfer, tiny, photograph, painting, halves):
    """Only the second region's part of the painting changes, away from the border: only its targets do."""
    other = painting.clone()
    other[..., 30:] = other[..., 30:].sqrt()
    options = small_transfer(guides="inside")
    one, two = (
        terms(photograph, [given], options, tiny, halves)["style:conv2_1"].loss.target for given in (painting, other)
    )
    assert torch.equal(one[:, 0], two[:, 0])
    assert not torch.allclose(one[:, 1], two[:, 1], rtol=0.01)


def test_each_region_has_its_painting(small_transfer, tiny, photograph, painting, halves):
    regions = (halves[0], StyleRegion(halves[1].content, torch.ones(1, 48, 64), style_index=1))
    found = terms(photograph, [painting, photograph], small_transfer(), tiny, regions)["style:pool1"].loss.target
    alone = terms(photograph, [photograph], small_transfer(), tiny, ())["style:pool1"].loss.target
    torch.testing.assert_close(found[:, 1], alone, rtol=SINGLE, atol=0)


def test_regions_share_the_weight(small_transfer, tiny, photograph, painting):
    everything = StyleRegion(torch.ones(1, 48, 64), torch.ones(1, 60, 40))
    options = small_transfer(normalization="authors")
    once, twice = (terms(photograph, [painting], options, tiny, (everything,) * times) for times in (1, 2))
    features = tiny(photograph.sqrt(), ["conv2_1"])
    for name in ("style:conv2_1", "moments:conv2_1"):
        assert value(twice[name], features) == pytest.approx(value(once[name], features), rel=SINGLE)


@pytest.mark.parametrize("loss", BY_REGIONS)
def test_in_relative_a_cell_is_pulled_as_strongly_as_without_regions(loss, small_transfer, tiny, photograph, painting):
    """Where all cells are alike, and all regions painted after all of the painting: whatever the regions cover."""
    narrow, anywhere = torch.zeros(1, 48, 64), torch.ones(1, 60, 40)
    narrow[..., :16] = 1
    options = small_transfer(normalization="relative", style_layers=("conv1_1",), loss=(loss,))
    gradients = []
    for regions in ((), (StyleRegion(narrow, anywhere), StyleRegion(1 - narrow, anywhere))):
        cells = torch.linspace(1, 2, 8).view(1, 8, 1, 1).expand(1, 8, 48, 64).clone().requires_grad_()
        for name, weighted in terms(photograph, [painting], options, tiny, regions).items():
            if name.endswith(("conv1_1", "conv1_1:1", "conv1_1:2")):
                scored(weighted, cells).backward()
        # Sorted losses pull cells that are alike to different places: the same ones in the mean.
        left, right = cells.grad[..., :16], cells.grad[..., 16:]
        gradients.append(torch.stack([left.mean((2, 3)), right.mean((2, 3))]))
    torch.testing.assert_close(gradients[1], gradients[0].mean(0).expand_as(gradients[1]), rtol=1e-2, atol=1e-7)


@pytest.mark.parametrize("loss", ["covariance", "wasserstein", "sliced", "histogram"])
def test_other_losses_are_measured_by_the_part_alone(loss, small_transfer, tiny, photograph, painting, halves):
    """Nothing is lost where each half of the picture is the half of the painting that it is painted after."""
    options = small_transfer(loss=(loss,), normalization="relative", style_layers=("conv1_1",))
    crossed = (StyleRegion(halves[1].content, left(48, 64)), StyleRegion(halves[0].content, 1 - left(48, 64)))
    straight = (StyleRegion(halves[0].content, left(48, 64)), StyleRegion(halves[1].content, 1 - left(48, 64)))
    features = tiny(torch.cat([photograph[..., 32:], photograph[..., :32]], dim=-1), ["conv1_1"])
    sums = []
    for regions in (crossed, straight):
        found = terms(photograph, [photograph], options, tiny, regions)
        named = [name for name in found if name.startswith(loss)]
        assert named == [f"{loss}:conv1_1:1", f"{loss}:conv1_1:2"]
        sums.append(sum(value(found[name], features) for name in named))
    assert sums[0] < 0.2 * sums[1]


@pytest.mark.parametrize("loss", ["gram", "covariance", "sliced"])
def test_the_gradient_of_a_region_stays_in_it(loss, small_transfer, tiny, photograph, painting, halves):
    options = small_transfer(guides="inside", content_weight=0.0, tv_weight=0.0, loss=(loss,))
    black = StyleRegion(halves[0].content, halves[0].style)
    subject = TransferProblem(photograph, [painting], options, tiny, regions=(black,))
    image = photograph.clone().requires_grad_()
    evaluate = subject.evaluate_at(SIZE)
    (evaluate.draw(0) if loss == "sliced" else evaluate)(image)
    # The last position at conv3_1 is 8, three further than the last inside, and sees column 4 · 8 + 10.
    inside, outside = (float(part.abs().sum()) for part in (image.grad[..., :43], image.grad[..., 43:]))
    assert inside > 0
    assert outside == 0


@pytest.mark.slow
def test_regions_in_tiles_are_those_of_the_whole(small_transfer, tiny, photograph, painting, halves):
    options = small_transfer(feather=2.0, min_size=0)
    pictures = RecipeInputs(photograph, (painting,), regions=halves)
    found = []
    for share in (FullImage(), FullImage(Tiling(32)), FullImage(Tiling(48, 2))):
        subject = TransferProblem(photograph, [painting], options, tiny, share, halves)
        image = photograph.flip(-1).clone().requires_grad_()
        losses = subject.evaluate_at(SIZE)(image)
        found.append((losses.total, image.grad))
        assert next(run_recipe(options, pictures, encoder=tiny, partition=share)).step.losses.total.isfinite()
    for total, gradient in found[1:]:
        torch.testing.assert_close(total, found[0][0], rtol=DOUBLE, atol=0)
        error = (gradient - found[0][1]).norm() / found[0][1].norm()
        assert float(error) < DOUBLE


@pytest.mark.slow
def test_a_painting_of_regions_is_painted_and_resumed(small_transfer, tiny, photograph, painting, halves):
    options = small_transfer(iterations=8, size=96, min_size=48)
    pictures = RecipeInputs(photograph, (painting,), regions=halves)
    pairs = [(step, step.resume_state()) for step in run_recipe(options, pictures, encoder=tiny)]
    steps = [step for step, _ in pairs]
    assert steps[6].step.losses.total < 0.5 * steps[0].step.losses.total
    *_, last = run_recipe(options, pictures, encoder=tiny, resume=pairs[4][1])
    assert torch.equal(last.image, steps[-1].image)


@pytest.mark.slow
def test_a_region_without_cells_has_no_style_there(small_transfer, tiny, photograph, painting, halves):
    dot = torch.zeros(1, 48, 64)
    dot[..., 20:24, 20:24] = 1
    regions = (halves[0], StyleRegion(dot, halves[1].style))
    options = small_transfer(guides="inside", normalization="authors")
    found = terms(photograph, [painting], options, tiny, regions)
    for loss in ("wasserstein", "sliced"):
        others = terms(photograph, [painting], replace(options, loss=(loss,)), tiny, regions)
        assert {f"{loss}:conv3_1:1", f"{loss}:conv1_1:2"} <= others.keys()
        assert f"{loss}:conv3_1:2" not in others
    assert found["style:conv3_1"].loss.shares.tolist()[1] == 0
    assert found["style:conv1_1"].loss.shares.tolist()[1] > 0
    image = photograph.clone().requires_grad_()
    losses = TransferProblem(photograph, [painting], options, tiny, regions=regions).evaluate_at(SIZE)(image)
    assert losses.total.isfinite()
    assert image.grad.isfinite().all()


def test_feathering_is_in_pixels_of_the_finished_picture(small_transfer, tiny, photograph, painting, halves):
    def widths(size):
        options = small_transfer(size=128, feather=8.0)
        subject = TransferProblem(photograph, [painting], options, tiny, regions=halves)
        guides = subject.objective_at(size).losses["style:conv1_1"].loss.guides[0]
        return float(((guides > 0.02) & (guides < 0.98 * guides.max())).float().mean(dim=(0, 1)))

    assert widths(Size(96, 128)) == pytest.approx(widths(Size(48, 64)), rel=0.1)
