"""Whatever a picture may be given as."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import as_image, read_image, write_image

LEVELS = np.random.default_rng(0).integers(0, 256, (6, 7, 3), dtype=np.uint8)
EXPECTED = torch.from_numpy(LEVELS.astype(np.float32) / np.float32(255)).permute(2, 0, 1)[None]
CHANNELS_FIRST = torch.from_numpy(LEVELS).permute(2, 0, 1)


def opened(path):
    return io.BytesIO(path.read_bytes())


@pytest.fixture
def path(tmp_path):
    PIL.Image.fromarray(LEVELS).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.mark.parametrize("kind", [lambda path: path, str, PIL.Image.open, opened, read_image])
def test_files_and_what_holds_them(path, kind):
    assert torch.equal(as_image(kind(path)), EXPECTED)


@pytest.mark.parametrize(
    "given",
    [
        LEVELS,
        LEVELS[None],
        LEVELS.astype(np.uint16) * 257,
        (LEVELS.astype(np.uint16) * 257).astype(">u2"),
        LEVELS / 255,
        (LEVELS / 255).astype(np.float32),
        np.dstack([LEVELS, np.full((6, 7), 255, np.uint8)]),
        CHANNELS_FIRST,
        CHANNELS_FIRST[None],
        torch.from_numpy(LEVELS.astype(np.uint16) * 257).permute(2, 0, 1),
        EXPECTED,
        EXPECTED[0],
        torch.cat([EXPECTED, torch.ones(1, 1, 6, 7)], 1),
    ],
    ids=lambda given: f"{type(given).__name__} {given.dtype} {tuple(given.shape)}",
)
def test_arrays_and_tensors(given):
    image = as_image(given)
    assert image.dtype == torch.float32
    torch.testing.assert_close(image, EXPECTED, rtol=0, atol=torch.finfo(torch.float32).eps)


@pytest.mark.parametrize("gray", [LEVELS[..., 0], LEVELS[..., :1], LEVELS[None, ..., :1], CHANNELS_FIRST[:1]])
def test_gray_becomes_three_channels(gray):
    assert torch.equal(as_image(gray), EXPECTED[:, :1].expand(1, 3, 6, 7))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_narrow_floats_become_float32(kind):
    assert torch.equal(as_image(EXPECTED.to(kind)), EXPECTED.to(kind).float())


def test_float64_stays_and_an_image_is_not_copied():
    wide = EXPECTED.double().requires_grad_()
    for image in (EXPECTED, wide):
        found = as_image(image)
        assert found.dtype == image.dtype
        assert found.data_ptr() == image.data_ptr()
        assert not found.requires_grad


def test_batches():
    both = np.stack([LEVELS, LEVELS[::-1]])
    expected = torch.cat([EXPECTED, EXPECTED.flip(2)])
    assert torch.equal(as_image(both), expected)
    assert torch.equal(as_image(torch.from_numpy(both).permute(0, 3, 1, 2)), expected)


def test_transparent_parts_show_the_colors_around_as_those_of_files(tmp_path):
    alpha = np.zeros((6, 7), np.uint8)
    alpha[:, 2:5] = 255
    clear = np.dstack([LEVELS, alpha])
    PIL.Image.fromarray(clear).save(tmp_path / "a.png")
    expected = read_image(tmp_path / "a.png").image
    assert not torch.equal(expected, EXPECTED)
    opaque = np.dstack([LEVELS, np.full_like(alpha, 255)])
    invisible = np.dstack([LEVELS, np.zeros_like(alpha)])
    found = as_image(np.stack([opaque, clear, invisible]))
    assert torch.equal(found, torch.cat([EXPECTED, expected, torch.ones_like(EXPECTED)]))
    assert torch.equal(as_image(torch.from_numpy(clear).permute(2, 0, 1)), expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (EXPECTED * 255, "divide them by 255, to be from 0 to 1"),
        (EXPECTED - 0.5, "the photograph holds floats from -0."),
        (EXPECTED + torch.nan, "the photograph holds NaN"),
        (LEVELS / 1.0, "divide them by 255"),
        (EXPECTED > 0.5, "holds torch.bool"),
        (EXPECTED.long(), "holds torch.int64"),
        (EXPECTED[0].to_sparse(), "holds torch.sparse_coo"),
        (EXPECTED[0, 0], "is a tensor of the shape (6, 7)"),
        (EXPECTED[:, :2], "is a tensor of the shape (1, 2, 6, 7)"),
        (EXPECTED.permute(0, 2, 3, 1), "Channels come first: `tensor.permute(0, 3, 1, 2)`"),
        (LEVELS.transpose(2, 0, 1), "Channels come last: `array.transpose(1, 2, 0)`"),
        (LEVELS[None].transpose(0, 3, 1, 2), "Channels come last: `array.transpose(0, 2, 3, 1)`"),
        (LEVELS.astype(object), "holds object"),
        (EXPECTED[:0], "empty batch"),
        (EXPECTED[..., :0], "empty: 0×6"),
        (LEVELS[:0], "empty: 7×0"),
        (None, "the photograph is given as NoneType"),
        (b"photo.jpg", "given as bytes"),
        ([EXPECTED], "given as list"),
        ("missing.png", "missing.png does not exist"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_all_else_is_refused(given, message):
    with pytest.raises(InputError) as caught:
        as_image(given, "the photograph")
    assert message in str(caught.value)


def test_what_was_read_is_written_with_its_alpha(tmp_path):
    alpha = torch.linspace(0, 1, 42).reshape(1, 1, 6, 7)
    picture = read_image(torch.cat([EXPECTED, alpha], 1))
    write_image(picture, tmp_path / "a.png")
    again = read_image(tmp_path / "a.png")
    # The written samples are rounded to 8 bits.
    torch.testing.assert_close(again.alpha, alpha, rtol=0, atol=0.5 / 255 + 1e-6)
    write_image(LEVELS, tmp_path / "b.png")
    assert torch.equal(read_image(tmp_path / "b.png").image, EXPECTED)
    with pytest.raises(InputError, match=r"holds torch\.int64"):
        write_image(EXPECTED.long(), tmp_path / "c.png")
