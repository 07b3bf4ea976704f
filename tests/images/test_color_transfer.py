"""Colors matched: moments, quantiles, lightness."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from brushwork.images.color import SPACES, luma
from brushwork.images.color_transfer import clip_chroma, color_moments, match_histogram, match_lightness, match_linear
from tolerances import DOUBLE

TRANSFORMS = ("chol", "pca", "sym")


def colorful(seed, height, width):
    """Correlated, skewed colors in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.rand(3, 3, generator=generator) / 6 + torch.eye(3) / 2
    return torch.einsum("oc,bchw->bohw", mixing, torch.rand(1, 3, height, width, generator=generator) ** 2).double()


PICTURE, LIKE = colorful(0, 40, 50), colorful(1, 30, 70)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_mean_and_covariance_are_those_of_the_other(space, transform):
    picture, like = SPACES[space].encode(PICTURE), SPACES[space].encode(LIKE)
    found = match_linear(picture, like, transform).flatten(2)[0].numpy()
    wanted = like.flatten(2)[0].numpy()
    assert np.abs(found.mean(1) - wanted.mean(1)).max() < DOUBLE
    assert np.abs(np.cov(found, bias=True) - np.cov(wanted, bias=True)).max() < DOUBLE


def matrix_of(transform):
    """The matrix, from what it does to three colors and their mean."""
    basis = torch.eye(3, dtype=torch.float64).view(1, 3, 1, 3)
    shown = torch.cat([PICTURE.flatten(2).unsqueeze(2), basis.expand(1, 3, 1, 3), torch.zeros(1, 3, 1, 1)], dim=3)
    matched = match_linear(shown, LIKE, transform)[0, :, 0]
    return matched[:, -4:-1] - matched[:, -1:]


def test_each_transform_is_what_its_name_says():
    chol, sym = matrix_of("chol"), matrix_of("sym")
    assert chol.triu(1).abs().max() < DOUBLE
    assert (chol.diag() > 0).all()
    assert (sym - sym.T).abs().max() < DOUBLE
    assert torch.linalg.eigvalsh(sym).min() > 0


def test_image_analogies_are_roots_of_covariances():
    (mean, covariance), (target, wanted) = color_moments(PICTURE), color_moments(LIKE)
    roots = [np.linalg.eigh(one.numpy()) for one in (covariance, wanted)]
    inverse, root = (
        vectors @ np.diag(values**power) @ vectors.T
        for (values, vectors), power in zip(roots, (-0.5, 0.5), strict=True)
    )
    pixels = PICTURE.flatten(2)[0].numpy() - mean.numpy()[:, None]
    expected = root @ inverse @ pixels + target.numpy()[:, None]
    assert np.abs(match_linear(PICTURE, LIKE, "pca").flatten(2)[0].numpy() - expected).max() < DOUBLE


def test_monge_moves_colors_least():
    moved = {name: (match_linear(PICTURE, LIKE, name) - PICTURE).square().mean().item() for name in TRANSFORMS}
    assert moved["sym"] < moved["pca"] < moved["chol"]


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_gray_pictures_are_neither_blown_up_nor_undefined(transform):
    gray = (torch.rand(1, 1, 40, 50, generator=torch.Generator().manual_seed(2)) * 255).round() / 255
    rounded = gray.expand(1, 3, 40, 50) + torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1) * (gray > 0.5) / 255
    for picture, like in ((rounded, LIKE), (PICTURE, rounded), (torch.full((1, 3, 4, 4), 0.5), LIKE)):
        matched = match_linear(picture, like, transform)
        assert matched.isfinite().all()
        assert (matched.amax() - matched.amin()) < 2


def test_histograms_become_those_of_the_other():
    matched = match_histogram(PICTURE, LIKE)
    shares = np.linspace(0.01, 0.99, 50)
    for mine, theirs, before in zip(matched[0], LIKE[0], PICTURE[0], strict=True):
        # Of 2000 and 2100 pixels: quantiles lie between ranks.
        assert np.allclose(np.quantile(mine, shares), np.quantile(theirs, shares), atol=5e-3)
        order = before.flatten().argsort()
        assert (mine.flatten()[order].diff() >= 0).all()


def test_a_histogram_matched_to_its_own_stays():
    assert torch.allclose(match_histogram(PICTURE, PICTURE), PICTURE, atol=DOUBLE)


def test_equal_values_stay_equal():
    steps = (PICTURE * 8).round() / 8
    matched = match_histogram(steps, LIKE)
    for before, after in zip(steps[0], matched[0], strict=True):
        assert all(after[before == value].unique().numel() == 1 for value in before.unique())


def test_lightness_gets_mean_and_deviation():
    matched = match_lightness(PICTURE[:, :1], LIKE[:, 1:2])
    assert matched.mean().item() == pytest.approx(LIKE[:, 1].mean().item(), abs=DOUBLE)
    # Variances are raised to 1e-5 at least, and the divisor differs by one.
    assert matched.std().item() == pytest.approx(LIKE[:, 1].std().item(), abs=1e-3)
    flat = match_lightness(torch.full((1, 1, 4, 4), 0.3, dtype=torch.float64), LIKE[:, :1])
    assert torch.allclose(flat, LIKE[:, :1].mean())


def test_colors_beyond_srgb_become_paler_and_keep_their_lightness_and_hue():
    strong = 0.5 + 2 * (PICTURE - 0.5)
    gray = luma(strong).clamp(0, 1).expand_as(strong)
    found = clip_chroma(strong, gray)
    assert found.amin() >= -DOUBLE
    assert found.amax() <= 1 + DOUBLE
    inside = (strong - 0.5).abs().amax(1, keepdim=True) <= 0.5
    assert torch.allclose(found * inside, strong * inside, atol=DOUBLE)
    possible = (luma(strong) >= 0) & (luma(strong) <= 1)
    assert ((luma(found) - luma(strong)) * possible).abs().max() < DOUBLE
    cosine = torch.nn.functional.cosine_similarity(found - gray, strong - gray)
    assert (cosine[(found - gray).abs().amax(1) > 1e-2] > 0.999).all()


@pytest.mark.slow
def test_all_of_it_can_be_rehearsed():
    picture, like = PICTURE.to("meta"), LIKE.to("meta")
    for transform in TRANSFORMS:
        assert match_linear(picture, like, transform).shape == PICTURE.shape
    assert match_histogram(picture, like).shape == PICTURE.shape
    assert clip_chroma(picture, picture).shape == PICTURE.shape


@pytest.mark.parametrize("match", [match_linear, match_histogram, lambda one, like: match_lightness(one[:, :1], like)])
def test_each_image_of_a_batch_is_matched_by_itself(match):
    others = colorful(2, 40, 50), colorful(3, 30, 70)
    images, likes = torch.cat([PICTURE, others[0]]), torch.cat([LIKE, others[1]])
    alone = torch.cat([match(PICTURE, LIKE), match(others[0], others[1])])
    assert torch.equal(match(images, likes), alone)
    assert torch.equal(match(images, LIKE)[1:], match(others[0], LIKE))
    assert torch.equal(match(PICTURE, likes), torch.cat([match(PICTURE, LIKE), match(PICTURE, others[1])]))
