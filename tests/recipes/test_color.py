"""Whose colors a painting has: before painting, after it, and in between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from brushwork.controls.color import apply_colors, prepare_colors
from brushwork.errors import InputError
from brushwork.images.color import SPACES
from brushwork.images.color_transfer import color_moments
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.metrics.image_similarity import chroma_distance
from brushwork.recipes import TransferOptions, transfer
from tolerances import DOUBLE

MODES = ("keep-luminance", "match-linear", "match-histogram")
WHENS = ("before", "after")


def options(**own):
    return TransferOptions(**own)


@pytest.fixture(scope="module")
def unclipped_photograph(photograph):
    """A photograph whose colors keep off the borders of sRGB, so that nothing is clipped."""
    return 0.35 + 0.3 * photograph


@pytest.fixture(scope="module")
def unclipped_painting(painting):
    return 0.4 + 0.2 * painting.flip(1)


def test_the_paintings_colors_are_what_is_shown_and_painted(photograph, painting):
    plain = options()
    assert plain.color == "style"
    assert prepare_colors(plain, photograph, [painting]) == (photograph, [painting])
    assert apply_colors(plain, photograph, painting) is painting


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("when", WHENS)
def test_no_strength_changes_nothing(mode, when, photograph, painting):
    weak = options(color=mode, color_when=when, color_strength=0.0)
    content, (shown,) = prepare_colors(weak, photograph, [painting])
    assert torch.equal(content, photograph)
    assert torch.equal(shown, painting)
    assert torch.equal(apply_colors(weak, photograph, painting), painting)


@pytest.mark.parametrize("transform", ["chol", "pca", "sym"])
@pytest.mark.parametrize("space", SPACES)
def test_every_painting_gets_the_moments_of_the_photograph(transform, space, unclipped_photograph, unclipped_painting):
    linear = options(color="match-linear", color_transform=transform, color_space=space)
    content, shown = prepare_colors(linear, unclipped_photograph, [unclipped_painting, unclipped_painting.flip(1)])
    assert content is unclipped_photograph
    for one in shown:
        found, wanted = (color_moments(SPACES[space].encode(picture)) for picture in (one, unclipped_photograph))
        assert all((a - b).abs().max() < DOUBLE for a, b in zip(found, wanted, strict=True))
    assert apply_colors(linear, unclipped_photograph, unclipped_painting) is unclipped_painting


def test_histograms_are_matched_before(unclipped_photograph, unclipped_painting):
    _, (shown,) = prepare_colors(options(color="match-histogram"), unclipped_photograph, [unclipped_painting])
    shares = np.linspace(0.02, 0.98, 20)
    for mine, theirs in zip(shown[0], unclipped_photograph[0], strict=True):
        # A few bins of the histogram.
        assert np.allclose(np.quantile(mine, shares), np.quantile(theirs, shares), atol=1e-2)


@pytest.mark.parametrize("mode", ["match-linear", "match-histogram"])
def test_after_changes_what_was_painted_and_not_what_is_shown(mode, unclipped_photograph, unclipped_painting):
    after = options(color=mode, color_when="after")
    assert prepare_colors(after, unclipped_photograph, [unclipped_painting]) == (
        unclipped_photograph,
        [unclipped_painting],
    )
    painted = resize(unclipped_painting, Size(24, 40), clamp=True)
    found = apply_colors(after, unclipped_photograph, painted)
    assert found.shape == painted.shape
    assert chroma_distance(found, unclipped_photograph) < 0.6 * chroma_distance(painted, unclipped_photograph)


@pytest.mark.parametrize("space", SPACES)
def test_only_the_lightness_is_shown_and_painted(space, unclipped_photograph, unclipped_painting):
    keeping = options(color="keep-luminance", color_space=space)
    content, (shown,) = prepare_colors(keeping, unclipped_photograph, [unclipped_painting])
    light = SPACES[space]
    for gray in (content, shown):
        assert (gray - gray.mean(1, keepdim=True)).abs().max() < 1e-6  # matrices are printed with seven digits
    lightness = [light.lightness(light.encode(one)) for one in (shown, unclipped_photograph)]
    assert lightness[0].mean().item() == pytest.approx(lightness[1].mean().item(), abs=DOUBLE)
    # Variances are raised to 1e-5 at least.
    assert lightness[0].std().item() == pytest.approx(lightness[1].std().item(), abs=1e-3)


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("space", SPACES)
def test_the_photographs_colors_return_with_the_painted_lightness(when, space, unclipped_photograph):
    light = SPACES[space]
    painted = (unclipped_photograph.flip(-1) * 0.9).clamp(0, 1)
    found = light.encode(
        apply_colors(options(color="keep-luminance", color_when=when, color_space=space), unclipped_photograph, painted)
    )
    wanted, own = light.encode(unclipped_photograph), light.encode(painted)
    inside = (light.decode(light.with_lightness(wanted, light.lightness(own))) - 0.5).abs().amax(1, keepdim=True) < 0.5
    assert inside.float().mean() > 0.9
    assert ((light.lightness(found) - light.lightness(own)) * inside).abs().max() < DOUBLE
    assert ((found - light.with_lightness(wanted, light.lightness(own))) * inside).abs().max() < DOUBLE


def test_half_the_strength_is_in_between(unclipped_photograph, unclipped_painting):
    full = options(color="match-linear", color_when="after")
    half = apply_colors(replace(full, color_strength=0.5), unclipped_photograph, unclipped_painting)
    assert torch.allclose(
        half, (unclipped_painting + apply_colors(full, unclipped_photograph, unclipped_painting)) / 2, atol=DOUBLE
    )


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("when", WHENS)
def test_what_is_seen_is_what_is_finished(mode, when, small_transfer, tiny, photograph, painting):
    own = small_transfer(color=mode, color_when=when, iterations=2, min_size=32)
    for progress in transfer(photograph, [painting, painting.flip(1)], own, encoder=tiny):
        raw = progress.step.image.clamp(0, 1)
        assert torch.equal(progress.image, own.postprocess(photograph, raw))
    assert progress.image.shape == (1, 3, 48, 64)
    assert torch.equal(progress.resume_state().state["shown"], progress.step.image)


@pytest.mark.slow
def test_keeping_the_luminance_keeps_the_photographs_chroma(small_transfer, tiny, photograph, painting):
    plain, keeping = (
        list(transfer(photograph, [painting], small_transfer(color=mode, iterations=4), encoder=tiny))[-1].image
        for mode in ("style", "keep-luminance")
    )
    assert chroma_distance(keeping, photograph) < chroma_distance(plain, photograph)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("space", SPACES)
def test_it_can_be_rehearsed(mode, when, space, photograph, painting):
    own = options(color=mode, color_when=when, color_space=space, color_strength=0.5)
    content, (shown,) = prepare_colors(own, photograph.to("meta"), [painting.to("meta")])
    assert (content.shape, shown.shape) == (photograph.shape, painting.shape)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_strength_is_a_share(strength):
    with pytest.raises(InputError, match=r"color-strength is .*: it must be 0 or more, up to 1"):
        options(color_strength=strength)
