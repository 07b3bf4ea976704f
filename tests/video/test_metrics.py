"""Metrics of films, against films of which they are known."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from brushwork.cli.main import main
from brushwork.errors import InputError
from brushwork.images import write_image
from brushwork.video import (
    FrameSelection,
    evaluate_film,
    is_film,
    open_clip,
    run_film,
    select_original,
    summarize_film,
)
from brushwork.video.pair_measures import LongTerm, hidden_pixels, motion_difference, sharpness, warp_error
from tiny_films import FRAMES, STILL, film_job, panned, texture, tiny_stylizer, write_clip


def clip(tmp_path, name: str, frames: list[np.ndarray]):
    """A lossless film."""
    return open_clip(write_clip(tmp_path / f"{name}.mkv", frames, codec="ffv1", pixel_format="bgr0"))


def test_a_film_warped_by_its_own_motion_has_no_error():
    one, two = (torch.from_numpy(f).permute(2, 0, 1)[None].float() / 255 for f in panned(2, 3))
    flow = torch.tensor([-3.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 48, 64)
    hidden = hidden_pixels(flow, -flow)
    assert hidden[..., :3].all() and not hidden[..., 3:].any()
    assert warp_error(one, two, flow, hidden) < 1e-10
    assert warp_error(one, two + 0.1, flow, hidden) == pytest.approx(0.01, rel=1e-4)


def test_sharpness_by_hand():
    image = torch.zeros(1, 3, 5, 5)
    image[..., 2, 2] = 1
    laplacian = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert sharpness(image) == pytest.approx(float(laplacian.var()))


def test_flicker_and_drift_and_blur_are_seen(tmp_path):
    frames = [texture(48, 64)] * FRAMES
    film = clip(tmp_path, "film", frames)
    still = summarize_film(list(evaluate_film(film, film, film)))
    assert still.warp_error == still.film_warp_error < 1e-10  # of float32
    assert still.stillness == 0 and still.sharpness == 1
    drifting = [np.clip(one.astype(int) - 2 * k, 0, 255).astype(np.uint8) for k, one in enumerate(frames)]
    found = summarize_film(list(evaluate_film(clip(tmp_path, "drift", drifting), film)))
    assert found.brightness_drift == pytest.approx(-2 * (FRAMES - 2) / 255, rel=0.05) and found.warp_error > 0
    grain = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    soft = (0.5 * grain + 0.5 * np.roll(grain, 1, 1)).astype(np.uint8)
    rough = clip(tmp_path, "rough", [grain] * 2)
    assert summarize_film(list(evaluate_film(clip(tmp_path, "soft", [soft] * 2), rough, rough))).sharpness < 0.8


def test_films_of_other_lengths_are_refused(tmp_path):
    with pytest.raises(InputError, match="shorter film"):
        list(evaluate_film(clip(tmp_path, "a", panned(3)), clip(tmp_path, "b", panned(2))))
    with pytest.raises(InputError, match="one frame"):
        summarize_film([])


def test_the_command_writes_a_page_and_numbers(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clip(tmp_path, "a", panned(4))
    words = ["evaluate", "--video", "a.mkv", "--original", "a.mkv", "--against", "a.mkv", "-q"]
    assert main([*words, "-o", "report.html", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["sharpness"] == 1 and len(document["pairs"]) == 3
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") >= 4 and page.count("data:image/jpeg") == 9
    assert main([*words[:-1], "-o", "report.json"]) == 0
    assert "wrote report.json" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("output", "result", "original"),
    [("a.mp4", "a.mp4", "in"), ("out/%04d.png", "out/%04d.png", "in/%d.png"), ("out/%04d.png", "out", "in")],
)
def test_pictures_are_films(tmp_path, capfd, monkeypatch, output, result, original):
    """Of eight pictures at the rate of eight, four were painted: so the tag says."""
    monkeypatch.chdir(tmp_path)
    for folder in ("in", "out"):
        (tmp_path / folder).mkdir()
    for number, frame in enumerate(panned(8)):
        PillowImage.fromarray(frame).save(f"in/{number}.png")
    part = FrameSelection(start=0.25, end=0.75)
    job = film_job(Path("in"), Path(output), 0.0, film=STILL, rate=8.0, selection=part)
    list(run_film(job, network=tiny_stylizer()))
    assert main(["evaluate", "--video", result, "--original", original, "--against", result, "--json", "-q"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["frames"] == 4 and document["sharpness"] == 1
    if result != "a.mp4":  # at strength 0: the pictures themselves
        assert document["warp_error"] == document["film_warp_error"]


def test_a_report_without_a_place_is_reported_before_anything_is_measured(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clip(tmp_path, "a", panned(2))
    monkeypatch.setattr("brushwork.video.evaluate_film", lambda *_: pytest.fail("it was measured"))
    assert main(["evaluate", "--video", "a.mkv", "--original", "a.mkv", "-o", "nowhere/report.json"]) == 2
    assert "the folder nowhere of report.json does not exist" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("evaluate", "--video"), "no film was given"),
        (("evaluate", "--video", "a.mkv"), "the film that a.mkv was painted from was not given: add --original CLIP"),
        (("evaluate", "--video", "a.mkv", "a.mkv", "--original", "a.mkv"), "2 films were given"),
        (
            ("evaluate", "--video", "a.png", "--original", "a.mkv"),
            "a.png is a still picture, and no film: brushwork evaluate a.png\n",
        ),
        (("evaluate", "--video", "a.mkv", "--original", "a.png"), "give the film that the result was painted from"),
        (("evaluate", "--video", "a.mkv", "--original", "a.mkv", "--against", "a.png"), "give a film to compare with"),
        (("evaluate", "a.mkv"), "a.mkv is a film, and no picture: brushwork evaluate --video a.mkv --original CLIP\n"),
        (("evaluate", "a.mkv", "--content", "a.png", "--style", "a.png"), "a.mkv is a film, and no picture"),
        (("rerun", "a.mkv"), "a.mkv is a film, and no picture: films cannot be rerun; repeat the command"),
        (("paint", "a.mkv", "a.png"), "a.mkv is a film, and no picture: brushwork video FILM PAINTING paints films.\n"),
        (("texture", "a.mkv"), "a.mkv is a film, and no picture"),
    ],
)
def test_films_and_pictures_are_distinguished(tmp_path, capfd, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    clip(tmp_path, "a", panned(2))
    write_image(torch.full((1, 3, 40, 60), 0.4), tmp_path / "a.png")
    assert main(words) == 2
    assert message in capfd.readouterr().err


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\0\0\0\x20ftypisom", True),
        (b"\x1a\x45\xdf\xa3", True),
        (b"\0\0\0\x20ftypavif", False),
        (b"\0\0\0\x18ftypheic", False),
        (b"GIF89a", False),
        (b"\x89PNG\r\n\x1a\n", False),
        (b"text", False),
        (b"", False),
    ],
)
def test_what_pictures_are_read_from_is_no_film(tmp_path, head, expected):
    (tmp_path / "file").write_bytes(head)
    assert is_film(tmp_path / "file") == expected
    assert not is_film(tmp_path) and not is_film(tmp_path / ("x" * 300)) and not is_film(tmp_path / "none")


@pytest.mark.parametrize(
    ("suffix", "selection", "numbers"),
    [
        (".mp4", FrameSelection(start=0.25, end=0.75), [3, 4, 5, 6, 7, 8]),
        (".mkv", FrameSelection(every=5), [0, 5, 10]),
        (
            ".mp4",
            FrameSelection(start=0.5, rate=Fraction(36)),
            [6, 6, *[7] * 3, *[8] * 3, *[9] * 3, *[10] * 3, *[11] * 4],
        ),
    ],
)
def test_a_part_is_evaluated_beside_the_same_part(tmp_path, suffix, selection, numbers):
    film = write_clip(tmp_path / "in.mkv", panned(FRAMES), codec="ffv1", pixel_format="bgr0")
    job = film_job(film, tmp_path / f"out{suffix}", strength=0.0, selection=selection, crf=0, film=STILL)
    list(run_film(job, network=tiny_stylizer()))
    result, original = open_clip(job.output), open_clip(film)
    part, whole = select_original(result, original), [one.levels for one in original.frames()]
    taken = [one.levels for one in part.frames()]
    assert part.info.frames == len(numbers)
    assert all(np.array_equal(own, whole[number]) for own, number in zip(taken, numbers, strict=True))
    painted = [one.levels.astype(float) for one in result.frames()]  # at strength 0: the film itself
    nearest = [min(range(FRAMES), key=lambda number: np.abs(whole[number] - one).mean()) for one in painted]
    assert nearest == numbers
    assert len(list(evaluate_film(result, part))) == len(numbers) - 1
    if suffix == ".mp4":  # Matroska does not say how many frames it has
        assert select_original(result, result) is result  # a clip that is cut already


def test_a_film_of_another_length_is_refused_at_once(tmp_path):
    one, other = (write_clip(tmp_path / f"{count}.mp4", panned(count)) for count in (3, 5))
    with pytest.raises(InputError, match=r"3\.mp4 has 3 frames.* has 5"):
        select_original(open_clip(one), open_clip(other))
    assert select_original(open_clip(one), open_clip(one)).info.frames == 3


def test_a_frame_is_followed_by_composed_flow():
    """A pan by 3 pixels a frame, ten frames on: 30 columns have left, and the rest is as it was."""
    frames = [torch.from_numpy(one).permute(2, 0, 1)[None].float() / 255 for one in panned(11, 3)]
    flow = torch.tensor([-3.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 48, 64)
    hidden = hidden_pixels(flow, -flow)
    followed = LongTerm.of((frames[0], None))
    for _ in range(10):
        followed.advance(flow, hidden)
    assert not followed.visible[..., :30].any() and followed.visible[..., 30:].all() and not followed.is_lost
    error, nothing = followed.errors((frames[10], None))
    assert error < 1e-10 and nothing is None
    assert followed.errors((frames[10] + 0.1, None))[0] == pytest.approx(0.01, rel=1e-4)
    for _ in range(11):
        followed.advance(flow, hidden)
    assert followed.is_lost


def test_slow_drift_and_other_motion_are_seen(tmp_path):
    """A still film that drifts by two levels a frame: sixteen after eight frames, 32 after sixteen."""
    frames = [texture(48, 64)] * 18
    film = clip(tmp_path, "film", frames)
    drifting = [(one.astype(int) // 2 + 2 * k).astype(np.uint8) for k, one in enumerate(frames)]
    found = summarize_film(list(evaluate_film(clip(tmp_path, "drift", drifting), film, film)))
    assert found.warp_error == pytest.approx((2 / 255) ** 2, rel=1e-3)
    assert found.long_warp_error == pytest.approx((16 / 255) ** 2, rel=1e-3)
    assert found.first_warp_error == pytest.approx(((16 / 255) ** 2 + (32 / 255) ** 2) / 2, rel=1e-3)
    assert found.against_long_warp_error < 1e-10 and found.motion < 0.05
    moving = summarize_film(list(evaluate_film(clip(tmp_path, "pan", panned(18, 2)), film)))
    assert moving.motion > 1  # two pixels a frame, where the film has none
    two = torch.tensor([2.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
    assert motion_difference(two, torch.zeros_like(two)) == 3


def test_a_cut_starts_the_comparison_with_the_first_frame_anew(tmp_path):
    other = [255 - one // 2 for one in panned(20, 0)]
    film = clip(tmp_path, "cut", [*[texture(48, 64, 5) // 3] * 6, *other])
    pairs = list(evaluate_film(film, film))
    assert [one.frame for one in pairs] == [*range(5), *range(6, 25)]
    found = summarize_film(pairs)
    assert found.warp_error < 1e-8 and found.first_warp_error < 1e-8 and found.frames == 26


def test_the_perceptual_change_is_that_beyond_the_films(tmp_path):
    frames = [texture(48, 64), texture(48, 64, 1), texture(48, 64, 2)]
    film, still = clip(tmp_path, "film", frames), clip(tmp_path, "still", frames[:1] * 3)
    distance = lambda one, other: float((one - other).abs().mean())  # noqa: E731
    first, second = evaluate_film(still, film, None, None, distance)
    assert first.flicker == pytest.approx(np.abs(frames[0] / 255 - frames[1] / 255).mean(), rel=1e-4)
    assert second.flicker is None and first.content == 0
