"""Sizes and resizing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import fit_size, resize
from brushwork.images.geometry import Size
from tolerances import DOUBLE, rounding

KERNELS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}
TARGETS = [Size(*pair) for pair in [(8, 12), (20, 30), (45, 31), (2, 64), (64, 2), (13, 90)]]
sides = st.integers(1, 60)
sizes = st.builds(Size, sides, sides)
tiny_sizes = st.builds(Size, st.integers(1, 3), st.integers(1, 3))
long_sizes = st.builds(Size, st.integers(1, 10**6), st.integers(1, 10**6))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("size", TARGETS)
def test_as_pillow_does(kernel, size):
    plane = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    expected = np.asarray(Image.fromarray(plane).resize((size.width, size.height), KERNELS[kernel]))
    resized = resize(torch.from_numpy(plane)[None, None], size, kernel=kernel)
    assert np.allclose(resized[0, 0].numpy(), expected, atol=rounding(100))


@pytest.mark.parametrize(
    ("before", "after"), [((2, 1), (3, 1)), ((12, 9), (5, 1)), ((9, 12), (1, 5)), ((7, 5), (1, 1))]
)
@pytest.mark.parametrize("kernel", ["bicubic", "bilinear"])
def test_one_column_as_pillow_does(before, after, kernel):
    """torch 2.13 alone is wrong by more than 0.1 where the width becomes 1."""
    plane = np.random.default_rng(0).random(before).astype(np.float32)
    expected = np.asarray(Image.fromarray(plane).resize(after[::-1], KERNELS[kernel]))
    resized = resize(torch.from_numpy(plane)[None, None], Size(*after), kernel=kernel)
    assert np.allclose(resized[0, 0].numpy(), expected, atol=rounding(100))


@pytest.mark.parametrize("after", [Size(2, 3), Size(1, 1), Size(30, 1)])
def test_much_smaller_is_nearly_as_in_pillow(after):
    plane = np.random.default_rng(0).random((900, 400)).astype(np.float32)
    plane[:300, :200] += 2
    expected = np.asarray(Image.fromarray(plane).resize((after.width, after.height), KERNELS["bicubic"]))
    assert np.abs(resize(torch.from_numpy(plane)[None, None], after)[0, 0].numpy() - expected).max() < 0.03


@settings(deadline=None, max_examples=60)
@given(sizes, sizes, st.sampled_from(sorted(KERNELS)), st.booleans())
def test_one_color_stays_one_color(before, after, kernel, antialias):
    image = torch.full((1, 3, *before), 0.7, dtype=torch.float64)
    resized = resize(image, after, kernel=kernel, antialias=antialias)
    assert resized.shape == (1, 3, *after)
    assert torch.allclose(resized, torch.tensor(0.7, dtype=torch.float64), atol=DOUBLE)


@settings(deadline=None, max_examples=30)
@given(sizes, st.sampled_from(sorted(KERNELS)), st.booleans())
def test_the_same_size_is_the_same_picture(size, kernel, antialias):
    image = torch.rand(1, 3, *size)
    assert torch.equal(resize(image, size, kernel=kernel, antialias=antialias), image)


@settings(deadline=None, max_examples=100)
@given(sizes | tiny_sizes, sizes | tiny_sizes, st.sampled_from(sorted(KERNELS)))
def test_turned_before_is_turned_after(before, after, kernel):
    image = torch.rand(1, 3, *before, dtype=torch.float64)
    turned = resize(image.transpose(-1, -2), Size(after.width, after.height), kernel=kernel)
    assert torch.allclose(turned.transpose(-1, -2), resize(image, after, kernel=kernel), atol=DOUBLE)


@settings(deadline=None, max_examples=60)
@given(
    sizes, st.builds(Size, st.integers(1, 3), st.integers(1, 3)), st.integers(1, 3), st.sampled_from(sorted(KERNELS))
)
def test_however_the_numbers_lie_in_memory(before, after, channels, kernel):
    """Forward and backward."""
    image = torch.rand(1, channels, *before, dtype=torch.float64)
    results = []
    for layout in (torch.contiguous_format, torch.channels_last):
        leaf = image.clone().contiguous(memory_format=layout).requires_grad_()
        resized = resize(leaf, after, kernel=kernel)
        resized.backward(torch.linspace(0, 1, resized.numel(), dtype=torch.float64).reshape(resized.shape))
        results.append((resized.detach(), leaf.grad))
    for plain, last in zip(*results, strict=True):
        assert torch.allclose(plain, last, atol=DOUBLE)


def test_antialiasing_keeps_the_mean_of_fine_stripes():
    stripes = (torch.arange(64) % 4 < 2).to(torch.float32).expand(1, 3, 8, 64)
    smooth, jagged = (resize(stripes, Size(8, 13), antialias=way)[..., 2:-2] for way in (True, False))
    assert (smooth - 0.5).abs().max() < 0.1
    assert (jagged - 0.5).abs().max() > 0.4


def test_overshoot_is_clamped_on_demand_only():
    edge = torch.zeros(1, 3, 8, 8)
    edge[..., 4:] = 1
    free, clamped = (resize(edge, Size(24, 24), clamp=way) for way in (False, True))
    assert free.max() > 1.01
    assert free.min() < -0.01
    assert torch.equal(clamped, free.clamp(0, 1))


@pytest.mark.parametrize("kernel", ["bicubic", "bilinear"])
def test_differentiable(kernel):
    image = torch.rand(1, 3, 5, 6, dtype=torch.float64, requires_grad=True)
    for size in (Size(3, 4), Size(9, 7), Size(4, 1), Size(1, 4)):
        assert torch.autograd.gradcheck(lambda given, size=size: resize(given, size, kernel=kernel), image)


def test_very_long_pictures():
    image = torch.rand(1, 3, 1, 100_000)
    assert resize(image, Size(1, 512)).shape == (1, 3, 1, 512)
    assert resize(image, Size(3, 200_000)).shape == (1, 3, 3, 200_000)
    assert torch.allclose(resize(image.mT, Size(512, 1)).mT, resize(image, Size(1, 512)), atol=rounding(100))


@pytest.mark.parametrize("size", [Size(0, 5), Size(5, 0), Size(-1, 5)])
def test_empty_sizes_are_refused(size):
    with pytest.raises(InputError, match="1 pixel or more"):
        resize(torch.rand(1, 3, 4, 4), size)


def test_unknown_words_are_refused():
    with pytest.raises((InputError, TypeError), match="lanczos"):
        resize(torch.rand(1, 3, 4, 4), Size(2, 2), kernel="lanczos")
    with pytest.raises((InputError, TypeError), match="width"):
        fit_size(Size(4, 4), 3, measure="width")


@pytest.mark.parametrize(
    ("size", "pixels", "by", "expected"),
    [
        (Size(768, 1024), 512, "long", Size(384, 512)),
        (Size(768, 1024), 512, "short", Size(512, 683)),
        (Size(1024, 768), 512, "area", Size(591, 443)),
        (Size(512, 512), 512, "area", Size(512, 512)),
        (Size(3, 2), 5, "long", Size(5, 3)),  # 3.33
        (Size(4, 3), 6, "long", Size(6, 5)),  # 4.5 goes up
        (Size(1, 1000), 10, "long", Size(1, 10)),
        (Size(1, 10**6), 10, "area", Size(1, 100)),
        (Size(10**6, 1), 10, "area", Size(100, 1)),
        (Size(1, 1), 7, "short", Size(7, 7)),
    ],
)
def test_fit(size, pixels, by, expected):
    assert fit_size(size, pixels, measure=by) == expected


@given(long_sizes, st.integers(1, 5000))
def test_fitted_sides_are_exact_and_proportional(size, pixels):
    by_long, by_short = fit_size(size, pixels, measure="long"), fit_size(size, pixels, measure="short")
    assert max(by_long) == min(by_short) == pixels
    assert min(by_long) >= 1
    assert abs(by_short.width * size.height - by_short.height * size.width) <= max(size)  # half a pixel, and a bit
    assert abs(min(by_long) - max(1, pixels * min(size) / max(size))) <= 0.5


@given(long_sizes, st.integers(1, 5000))
def test_a_fitted_area_never_exceeds(size, pixels):
    fitted = fit_size(size, pixels, measure="area")
    assert min(fitted) >= 1
    assert fitted.area <= pixels**2
    assert (fitted.height >= fitted.width) == (size.height >= size.width) or fitted.height == fitted.width
    one_more = (fitted.height + 1) * (fitted.width + 1)
    assert one_more > pixels**2 or min(fitted) == 1


@given(long_sizes, st.sampled_from(["long", "short"]))
def test_a_size_fits_itself(size, by):
    assert fit_size(size, max(size) if by == "long" else min(size), measure=by) == size


@pytest.mark.parametrize(("size", "pixels"), [(Size(4, 4), 0), (Size(0, 4), 3), (Size(4, 4), -2)])
def test_nothing_cannot_be_fitted(size, pixels):
    with pytest.raises(InputError, match="1 or more"):
        fit_size(size, pixels, measure="long")
