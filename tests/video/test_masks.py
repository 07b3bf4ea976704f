"""Masks of films: what is white is painted, the rest stays; several paintings each in its region."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.options import AdaINOptions
from brushwork.images import write_image
from brushwork.video import FilmOptions, FrameDone, FrameSelection, open_clip, painters, run_film
from brushwork.video.frame_painter import Painted
from brushwork.video.output_frames import combine_regions
from brushwork.video.painters import PainterSource
from tiny_films import STILL, film_job, panned, texture, tiny_stylizer, write_clip

HALF = np.zeros((48, 64, 3), np.uint8)
HALF[:, :32] = 255


def moving_masks(count: int) -> list[np.ndarray]:
    """White left of a border that moves to the right by 4 pixels a frame."""
    return [
        np.repeat((np.arange(64) < 8 + 4 * k)[None, :, None], 48, 0).repeat(3, 2) * np.uint8(255) for k in range(count)
    ]


def frames_of(job, **rest) -> list[torch.Tensor]:
    """The frames as they are written."""
    return [event.image for event in run_film(job, network=tiny_stylizer(), **rest) if isinstance(event, FrameDone)]


@pytest.fixture
def job(tmp_path):
    """A film of 6 frames, in 12 a second, painted by the tiny model."""
    clip = write_clip(tmp_path / "in.mkv", panned(6), codec="ffv1", pixel_format="bgr0")
    return film_job(clip, tmp_path / "out.mkv", film=STILL, codec="ffv1")


def test_what_is_outside_of_a_moving_mask_stays_as_it_is(tmp_path, job):
    mask = write_clip(tmp_path / "mask.mkv", moving_masks(6), codec="ffv1", pixel_format="bgr0")
    painted = frames_of(job)
    masked = frames_of(replace(job, masks=(mask,), output=tmp_path / "masked.mkv"))
    for number, (film, whole, one) in enumerate(zip(panned(6), painted, masked, strict=True)):
        border = 8 + 4 * number
        assert torch.equal(one[..., :border], whole[..., :border])  # painted also where the mask was black before
        shown = torch.from_numpy(film).permute(2, 0, 1)[None] / 255
        assert torch.allclose(one[..., border:], shown[..., border:], atol=1e-6)
    written = [frame.levels for frame in open_clip(tmp_path / "masked.mkv").frames()]
    assert all(np.array_equal(one[:, 40:], film[:, 40:]) for one, film in zip(written[:6], panned(6), strict=True))


def border(one: torch.Tensor, film: np.ndarray) -> int:
    """The column from which on a frame is the film."""
    apart = (one[0] * 255 - torch.from_numpy(film).permute(2, 0, 1)).abs().amax((0, 1))
    return int(apart.gt(0.5).nonzero().max()) + 1


def test_a_mask_of_another_rate_goes_by_its_times(tmp_path, job):
    """Three masks, of 4 a second, for six frames of 12 a second; a part begins at its own."""
    mask = write_clip(tmp_path / "mask.mkv", moving_masks(3), codec="ffv1", pixel_format="bgr0", rate=4)
    job = replace(job, masks=(mask,))
    whole = frames_of(job)
    part = frames_of(replace(job, selection=FrameSelection(start=0.25), output=tmp_path / "part.mkv"))
    assert list(map(border, whole, panned(6))) == [8, 8, 12, 12, 12, 16]
    assert list(map(border, part, panned(6)[3:])) == [12, 12, 16]


def test_a_mask_begins_where_a_film_does_that_does_not_begin_at_zero(tmp_path, job):
    """As transport streams do: the film begins at a quarter of a second, three of its frames."""
    late = write_clip(tmp_path / "late.mkv", panned(6), codec="ffv1", pixel_format="bgr0", times=range(3, 9))
    mask = write_clip(tmp_path / "mask.mkv", moving_masks(6), codec="ffv1", pixel_format="bgr0")
    job = replace(job, clip=late, masks=(mask,))
    assert list(map(border, frames_of(job), panned(6))) == [8, 12, 16, 20, 24, 28]
    part = frames_of(replace(job, selection=FrameSelection(start=0.5), output=tmp_path / "part.mkv"))
    assert list(map(border, part, panned(6)[3:])) == [20, 24, 28]


def test_a_picture_is_a_mask_and_gray_lies_between(tmp_path, job):
    gray = torch.full((1, 3, 96, 128), 51 / 255)
    write_image(gray, tmp_path / "mask.png")
    painted = frames_of(job)
    masked = frames_of(replace(job, masks=(tmp_path / "mask.png",), output=tmp_path / "masked.mkv"))
    film = torch.from_numpy(panned(6)[0]).permute(2, 0, 1)[None] / 255
    assert torch.allclose(masked[0], 0.2 * painted[0] + 0.8 * film, atol=1e-5)


def test_two_paintings_each_in_its_region_resumed(tmp_path, job, monkeypatch):
    """Painters that only count their frames: each sees what it painted itself."""

    class Counting:
        history = 1

        def __init__(self, first: float) -> None:
            self.first = first

        def begin_shot(self, shot):
            self.shot = shot

        def paint(self, index, stored):
            before = stored(index - 1) if index > self.shot.first else None
            image = torch.full((1, 3, 48, 64), self.first) if before is None else before.image + 5 / 255
            counted = torch.zeros(1) if before is None else before.state["counted"] + 1
            return Painted(image, {"counted": counted})

    def load(job, device, bits, network):
        first = 0.2 if job.styles[0].name == "a.png" else 0.6
        return PainterSource("plain", job.styles[0].name, lambda *_: Counting(first))

    monkeypatch.setattr(painters, "_load_one", load)
    for name in ("a", "b"):
        write_image(torch.rand(1, 3, 40, 40), tmp_path / f"{name}.png")
    for name, mask in (("left", HALF), ("right", 255 - HALF)):
        write_image(torch.from_numpy(mask).permute(2, 0, 1)[None] / 255, tmp_path / f"{name}.png")
    job = replace(
        job, styles=(tmp_path / "a.png", tmp_path / "b.png"), masks=(tmp_path / "left.png", tmp_path / "right.png"),
        method=AdaINOptions(size="full"),
    )  # fmt: skip
    whole = frames_of(job)
    for number, one in enumerate(whole):
        assert one[..., :32].unique().tolist() == pytest.approx([(51 + 5 * number) / 255])
        assert one[..., 32:].unique().tolist() == pytest.approx([(153 + 5 * number) / 255])
    broken = replace(job, output=tmp_path / "broken.mkv")
    events = run_film(broken)
    next(event for event in events if isinstance(event, FrameDone) and event.frame == 2)
    events.close()
    assert len(frames_of(broken, resume=True)) == 3
    assert broken.output.read_bytes() == job.output.read_bytes()


def test_each_region_has_the_scale_of_its_own_painting(tmp_path, job, monkeypatch):
    scales = []

    def load(job, device, bits, network):
        scales.append(job.method.style_scale)
        return PainterSource("plain", job.styles[0].name, lambda *_: None)

    monkeypatch.setattr(painters, "_load_one", load)
    two = {"styles": (tmp_path / "a.png", tmp_path / "b.png"), "masks": (tmp_path / "l.png", tmp_path / "r.png")}
    painters.load_painter(replace(job, **two, method=AdaINOptions(style_scale=(0.5, 2.0))), torch.device("cpu"), 8)
    painters.load_painter(replace(job, **two, method=AdaINOptions(style_scale=(0.5,))), torch.device("cpu"), 8)
    assert scales == [(0.5,), (2.0,), (0.5,), (0.5,)]
    for options, printed in (
        ({"style_scale": (0.5, 1.0, 2.0)}, "3 style scales were given for 2 style images"),
        ({"style_blend": (1.0, 2.0)}, "masks already say which style image applies where"),
    ):
        with pytest.raises(InputError, match=printed):
            painters.load_painter(replace(job, **two, method=AdaINOptions(**options)), torch.device("cpu"), 8)


def test_masks_that_overlap_are_divided_by_their_sum():
    film, red, blue = (torch.full((1, 3, 1, 1), value) for value in (0.0, 0.4, 0.8))
    masks = [torch.tensor([1.0, 0.5, 0.25]).view(1, 1, 1, 3), torch.tensor([1.0, 0.5, 0.0]).view(1, 1, 1, 3)]
    assert combine_regions(film, [red, blue], masks)[0, 0, 0].tolist() == pytest.approx([0.6, 0.6, 0.1])


def test_masks_that_do_not_fit_are_refused(tmp_path, job):
    short = write_clip(tmp_path / "short.mkv", moving_masks(3), codec="ffv1", pixel_format="bgr0")
    wide = write_clip(tmp_path / "wide.mkv", [texture(48, 96)] * 6)
    for masks, printed in (
        ((short,), "ends at 0.25 seconds"),
        ((wide,), "the film's shape"),
        ((short, short), "2 masks were given for 0 style images"),
        ((tmp_path / "none.mkv",), "cannot be read"),
    ):
        with pytest.raises(InputError, match=printed):
            frames_of(replace(job, masks=masks))
    assert not job.workspace.exists()
    events = run_film(replace(job, masks=(wide.with_name("in.mkv"),)), network=tiny_stylizer())
    next(event for event in events if isinstance(event, FrameDone))
    events.close()
    with pytest.raises(InputError, match="masks: another file"):
        next(run_film(job, resume=True, network=tiny_stylizer()))


def test_a_masked_film_with_a_filter_is_steady_where_it_was_black(tmp_path, job):
    """Frames are kept whole: the filter does not carry the film into the painted part."""
    still = write_clip(tmp_path / "still.mkv", [texture(48, 64)] * 6, codec="ffv1", pixel_format="bgr0")
    mask = write_clip(tmp_path / "mask.mkv", moving_masks(6), codec="ffv1", pixel_format="bgr0")
    masked = frames_of(replace(job, clip=still, masks=(mask,), film=FilmOptions(consistency=1.0)))
    assert all(torch.equal(one[..., :8], other[..., :8]) for one, other in pairwise(masked))
    whole = frames_of(replace(job, clip=still, film=FilmOptions(consistency=1.0), overwrite=True))
    assert torch.equal(masked[5][..., :28], whole[5][..., :28])
