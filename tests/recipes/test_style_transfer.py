from __future__ import annotations

import itertools

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes import transfer
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.style import Style
from tolerances import DOUBLE


def losses(steps):
    return [{name: value.item() for name, value in step.step.losses.terms.items()} for step in steps]


def gram_target(subject, size, name="style:relu2_1"):
    (found,) = (
        weighted.loss.target
        for key, weighted in subject.objective_at(size).losses.items()
        if key in (name, name.replace("relu", "conv"))
    )
    return found


def test_terms_have_the_names_of_their_layers(small_transfer, tiny, photograph, painting):
    first = next(transfer(photograph, [painting], small_transfer(), encoder=tiny))
    layers = ("conv1_1", "pool1", "conv2_1", "pool2", "conv3_1")
    expected = {"content:conv2_1", "tv"} | {f"{kind}:{layer}" for kind in ("style", "moments") for layer in layers}
    assert first.step.losses.terms.keys() == expected


@pytest.mark.slow
def test_the_loss_is_the_sum_of_its_terms(small_transfer, tiny, photograph, painting):
    for step in transfer(photograph, [painting], small_transfer(), encoder=tiny):
        assert step.step.losses.total.item() == pytest.approx(sum(losses([step])[0].values()), rel=DOUBLE)


def test_at_the_photograph_its_content_is_there(small_transfer, tiny, photograph, painting):
    first = next(transfer(photograph, [painting], small_transfer(init="content"), encoder=tiny))
    assert losses([first])[0]["content:conv2_1"] == pytest.approx(0, abs=DOUBLE)


def test_a_picture_to_start_from(small_transfer, tiny, photograph, painting):
    other = torch.full((1, 3, 96, 128), 0.25)
    first = next(transfer(photograph, [painting], small_transfer(), encoder=tiny, init=other))
    torch.testing.assert_close(first.image, torch.full((1, 3, 48, 64), 0.25, dtype=torch.float64))


def test_style_layer_weights_multiply(small_transfer, tiny, photograph, painting):
    plain = next(transfer(photograph, [painting], small_transfer(), encoder=tiny))
    weights = (1.0, 0.0, 3.0, 1.0, 0.5)
    weighed = next(transfer(photograph, [painting], small_transfer(style_layer_weights=weights), encoder=tiny))
    layers = ("conv1_1", "pool1", "conv2_1", "pool2", "conv3_1")
    for layer, weight in zip(layers, weights, strict=True):
        before, after = (losses([step])[0][f"style:{layer}"] for step in (plain, weighed))
        assert after == pytest.approx(weight * before, rel=DOUBLE)


@pytest.mark.parametrize("falloff", [1.0, 2.0, 0.5])
def test_a_falloff_is_a_geometric_series_of_mean_1(falloff, small_transfer, tiny, photograph, painting):
    objectives = [
        TransferProblem(photograph, [painting], small_transfer(style_falloff=given), tiny).objective_at(Size(48, 64))
        for given in (1.0, falloff)
    ]
    layers = ("conv1_1", "pool1", "conv2_1", "pool2", "conv3_1")
    even, falling = ([one.losses[f"style:{layer}"].weight for layer in layers] for one in objectives)
    shares = [weight / alike for weight, alike in zip(falling, even, strict=True)]
    assert sum(shares) == pytest.approx(5)
    assert [before / after for before, after in itertools.pairwise(shares)] == pytest.approx([falloff] * 4)


@pytest.mark.slow
def test_blend_weights_mix_the_gram_matrices(small_transfer, tiny, photograph, painting):
    other, size = painting.flip(-1).sqrt(), Size(48, 64)

    def target(paintings, **own):
        return gram_target(TransferProblem(photograph, paintings, small_transfer(**own), tiny), size)

    one, two = target([painting]), target([other])
    torch.testing.assert_close(target([painting, other]), (one + two) / 2)
    torch.testing.assert_close(target([painting, other], style_blend=(3.0, 1.0)), 0.75 * one + 0.25 * two)
    torch.testing.assert_close(target([painting, other], style_blend=(0.0, 2.0)), two)
    assert not torch.allclose(one, two, rtol=0.01)


def test_blend_weights_must_fit_the_paintings(small_transfer, tiny, photograph, painting):
    with pytest.raises(InputError, match="3 weights were given to blend 1 styles"):
        next(transfer(photograph, [painting], small_transfer(style_blend=(1.0, 1.0, 1.0)), encoder=tiny))


@pytest.mark.parametrize(("scale", "size"), [(1.0, Size(64, 43)), (0.5, Size(32, 21)), (1.5, Size(96, 64))])
def test_style_scale_is_the_paintings_size_against_the_photographs(
    scale, size, small_transfer, tiny, photograph, painting
):
    subject = TransferProblem(photograph, [painting], small_transfer(style_scale=(scale,)), tiny)
    scaled = resize(painting, size, clamp=True)
    expected = Style.of(scaled, tiny, ["conv2_1"]).statistics["conv2_1"].gram
    torch.testing.assert_close(gram_target(subject, Size(48, 64)), expected)


@pytest.mark.parametrize(("measure", "size"), [("long", (48, 64)), ("short", (64, 85)), ("area", (55, 73))])
def test_size_means_what_measure_says(measure, size, small_transfer, tiny, photograph, painting):
    first = next(transfer(photograph, [painting], small_transfer(measure=measure), encoder=tiny))
    assert Size.of(first.image) == size


def test_the_targets_are_made_at_every_level(small_transfer, tiny, photograph, painting):
    """Content is matched at the photograph itself, on the small level as on the large one."""
    options = small_transfer(size=96, min_size=48, iterations=1, style_weight=0.0, moment_weight=0.0, tv_weight=0.0)
    steps = list(transfer(photograph, [painting], options, encoder=tiny))
    assert [Size.of(step.image) for step in steps] == [(36, 48), (72, 96)]
    assert steps[0].step.losses.total.item() == pytest.approx(0, abs=DOUBLE)


def test_pictures_too_small_are_refused(small_transfer, tiny, photograph, painting):
    with pytest.raises(InputError, match=r"the content image is 20×48 pixels: give one of at least 32"):
        transfer(photograph[..., :20], [painting], small_transfer(), encoder=tiny)
    with pytest.raises(InputError, match=r"a style image is 8×60 pixels: give one of at least 32"):
        transfer(photograph, [painting[..., :8]], small_transfer(), encoder=tiny)


def test_no_painting_is_refused(small_transfer, tiny, photograph):
    with pytest.raises(InputError, match="no style image was given"):
        transfer(photograph, [], small_transfer(), encoder=tiny)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"content_layers": ("conv9_1",)}, "tiny has no layer 'conv9_1'"),
        ({"content_layers": ("conv2_1", "relu2_1")}, "the layer 'relu2_1' is given twice"),
        ({"style_layers": ("pool1", "pool1")}, "the layer 'pool1' is given twice"),
        ({"content_layers": (), "style_layers": (), "tv_weight": 0.0}, "no terms"),
    ],
)
def test_layers_that_cannot_be_used_are_refused(own, message, small_transfer, tiny, photograph, painting):
    with pytest.raises(InputError, match=message):
        next(transfer(photograph, [painting], small_transfer(**own), encoder=tiny))


def test_no_smoothness_means_no_term(small_transfer, tiny, photograph, painting):
    first = next(transfer(photograph, [painting], small_transfer(tv_weight=0.0, moment_weight=0.0), encoder=tiny))
    assert {name.partition(":")[0] for name in first.step.losses.terms} == {"content", "style"}


@pytest.mark.parametrize("normalization", ["relative", "paper"])
def test_a_style_image_is_encoded_once_at_a_size(
    normalization, small_transfer, tiny, photograph, painting, monkeypatch
):
    encoded = []
    forward = type(tiny).forward
    monkeypatch.setattr(
        type(tiny), "forward", lambda own, image, layers: encoded.append(Size.of(image)) or forward(own, image, layers)
    )
    TransferProblem(photograph, [painting], small_transfer(normalization=normalization), tiny).objective_at(
        Size(48, 64)
    )
    assert len(encoded) == 2  # the content image and the style image


def test_layers_may_be_content_and_style_layers_at_once(small_transfer, tiny, photograph, painting):
    """Under another name too, for content is then measured by the style at the same layer."""
    options = small_transfer(normalization="relative", content_layers=("relu2_1",), style_layers=("conv2_1", "pool1"))
    losses = TransferProblem(photograph, [painting], options, tiny).objective_at(Size(48, 64)).losses
    assert {"content:relu2_1", "style:conv2_1", "style:pool1"} <= losses.keys()
