"""Films as people have them: what goes in comes out, to the tick and to the color."""

from __future__ import annotations

import math
from fractions import Fraction

import av
import numpy as np
import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import Size, write_image
from brushwork.video.clip_file import open_clip
from brushwork.video.events import FilmFinished
from brushwork.video.options import FrameSelection
from brushwork.video.run import run_film
from tiny_films import (
    FRAMES,
    HEIGHT,
    STILL,
    WIDTH,
    film_job,
    frame_times,
    panned,
    pictures,
    sound_packets,
    texture,
    tiny_stylizer,
    write_clip,
)

IRREGULAR = [0, 3003, 6006, 12012, 12500, 18018, 21021, 27027, 30030, 30031, 36036, 39039]
"""Times of frames in ticks of 1/90000 second; two of them are one tick apart."""


def passed(clip, output, **changes) -> FilmFinished:
    """The film, painted with strength 0: nothing but reading and writing."""
    job = film_job(clip, output, 0.0, film=changes.pop("film", STILL), **changes)
    *_, last = run_film(job, network=tiny_stylizer())
    return last


def test_a_selection_takes_numbers_and_refuses_other_values() -> None:
    assert FrameSelection(start=1, rate=29.97) == FrameSelection(start=1.0, rate=Fraction(2997, 100))
    with pytest.raises(InputError, match=r"start is '1': it must be a number or None"):
        FrameSelection(start="1")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"every is 1\.5: it must be a whole number"):
        FrameSelection(every=1.5)  # type: ignore[arg-type]


def test_irregular_times_and_sound_come_back_to_the_tick(tmp_path):
    clip = write_clip(
        tmp_path / "a b 'c.mp4",
        panned(),
        times=IRREGULAR,
        time_base=Fraction(1, 90000),
        seconds_of_sound=2.0,
        tracks=2,
        options={"bf": "2"},
    )
    done = passed(clip, tmp_path / "out.mp4")
    assert frame_times(done.path) == (IRREGULAR, Fraction(1, 90000))
    assert [sound_packets(done.path, track) for track in (0, 1)] == [sound_packets(clip, track) for track in (0, 1)]
    assert done.frames == FRAMES and not (tmp_path / "out.mp4.unfinished").exists()


def test_matroska_keeps_irregular_times_to_its_millisecond(tmp_path):
    clip = write_clip(
        tmp_path / "in.mp4", panned(), times=IRREGULAR, time_base=Fraction(1, 90000), seconds_of_sound=0.5
    )
    done = passed(clip, tmp_path / "out.mkv")
    times, base = frame_times(done.path)
    assert [float(one * base) for one in times] == pytest.approx([one / 90000 for one in IRREGULAR], abs=1e-3)
    assert sound_packets(done.path) == sound_packets(clip)


@pytest.mark.parametrize(("ticks", "rate"), [(1001, 30_000), (1200, 30_000)])
def test_matroska_says_the_frame_rate(tmp_path, ticks, rate):
    base, times = Fraction(1, rate), [number * ticks for number in range(FRAMES)]
    clip = write_clip(tmp_path / "in.mp4", panned(), times=times, time_base=base, rate=Fraction(rate, ticks))
    assert open_clip(passed(clip, tmp_path / "out.mkv").path).info.rate == Fraction(rate, ticks)


def test_sound_that_the_container_does_not_hold_is_encoded_anew_with_a_note(tmp_path):
    clip = write_clip(tmp_path / "in.mkv", panned(), seconds_of_sound=1.0, sound="pcm_s16le")
    done = passed(clip, tmp_path / "out.mp4")
    assert any("pcm_s16le" in note for note in done.notes)
    with av.open(str(done.path)) as container:
        seconds = sum(frame.samples for frame in container.decode(audio=0)) / 16000
    assert seconds == pytest.approx(1.0, abs=2 * 1024 / 16000)  # AAC begins and ends with whole frames


def test_a_part_is_painted_with_its_own_sound(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(), seconds_of_sound=1.0)
    done = passed(clip, tmp_path / "out.mp4", selection=FrameSelection(start=0.25, end=0.75))
    times, base = frame_times(done.path)
    assert [one * base for one in times] == [Fraction(k, 12) for k in range(6)]
    whole = sound_packets(clip)
    part = sound_packets(done.path)
    assert part == whole[whole.index(part[0]) :][: len(part)] and len(part) == pytest.approx(0.5 * 16000 / 1024, abs=1)


def test_another_rate_takes_the_nearest_frames(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned())
    done = passed(clip, tmp_path / "out.mp4", selection=FrameSelection(rate=Fraction(24)))
    times, base = frame_times(done.path)
    assert [one * base for one in times] == [Fraction(k, 24) for k in range(24)]
    assert passed(clip, tmp_path / "some.mp4", selection=FrameSelection(every=3)).frames == 4


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotation_is_applied_and_its_tag_dropped(tmp_path, degrees):
    frames = panned(2)
    clip = write_clip(tmp_path / "in.mp4", frames, rotation=degrees, pixel_format="yuv444p")
    done = passed(clip, tmp_path / "out.mp4", chroma="444", crf=0)
    upright = np.rot90(frames[0], degrees // 90)
    info = open_clip(done.path).info
    assert (info.rotation, info.size) == (0, Size(*upright.shape[:2]))
    assert np.abs(pictures(done.path)[0].astype(float) - upright).mean() < 2.5  # two roundings to YUV of 8 bits


def test_sizes_become_even_and_pixels_square(tmp_path):
    clip = write_clip(tmp_path / "odd.mkv", [texture(49, 65)] * 2, codec="ffv1", pixel_format="bgr0")
    assert open_clip(passed(clip, tmp_path / "odd.mp4").path).info.size == Size(48, 64)
    clip = write_clip(tmp_path / "wide.mp4", panned(2), aspect=Fraction(4, 3))
    assert open_clip(clip).info.size == Size(48, 85)
    assert open_clip(passed(clip, tmp_path / "wide-out.mp4").path).info.size == Size(48, 84)


@pytest.mark.parametrize(
    ("lines", "full", "tagged"), [(48, False, False), (720, False, False), (48, True, True), (720, True, True)]
)
def test_colors_of_tagged_and_untagged_films_are_read_as_players_do(tmp_path, lines, full, tagged):
    """A known color is written by the standard's own formula, so that no converter grades itself."""
    red, green, blue = (0.8, 0.3, 0.1)
    kr, kb = (0.2126, 0.0722) if lines >= 720 and not tagged else (0.299, 0.114)
    y = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - y) / (2 - 2 * kb), (red - y) / (2 - 2 * kr)
    levels = (255 * y, 128 + 255 * cb, 128 + 255 * cr) if full else (16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr)
    frame = av.VideoFrame(64, lines, "yuv420p")
    for plane, level in zip(frame.planes, levels, strict=True):
        plane.update(bytes([round(level)]) * plane.buffer_size)
    path = tmp_path / "in.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=12)
        stream.width, stream.height, stream.pix_fmt = 64, lines, "yuv420p"
        if tagged:
            stream.codec_context.colorspace, stream.codec_context.color_range = 5, 2 if full else 1
            frame.colorspace, frame.color_range = 5, 2 if full else 1
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = next(open_clip(path).frames()).levels
    # Half a level of Y and of each chroma, times at most 1.86 (709's blue) over the range of 219 or 224.
    assert np.abs(shown - 255 * np.array([red, green, blue])).max() <= (0.5 + 0.5 * 1.86) * 255 / 219 + 0.5


@pytest.mark.parametrize(("chroma", "mean", "bias"), [("444", 0.6, 0.3), ("420", 1.2, 0.3)])
def test_colors_pass_through_without_a_shift(tmp_path, chroma, mean, bias):
    ramp = np.broadcast_to(np.linspace(0, 255, 64).round().astype(np.uint8)[None, :, None], (HEIGHT, WIDTH, 3))
    bars = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for k in range(8):
        bars[:, 8 * k : 8 * k + 8] = [(k & 1) * 191, (k >> 1 & 1) * 191, (k >> 2 & 1) * 191]
    soft = texture(HEIGHT, WIDTH)
    if chroma == "420":  # no colors that a quarter of the pixels cannot hold
        soft = (128 + 0.3 * (texture(HEIGHT, WIDTH, cells=(16,)).astype(float) - 128)).round().astype(np.uint8)
    folder = tmp_path / "in"
    folder.mkdir()
    for number, levels in enumerate((ramp, soft, bars)):
        image = torch.from_numpy(levels.copy()).permute(2, 0, 1)[None] / 255
        write_image(image, folder / f"{number}.png")
    done = passed(folder, tmp_path / "out.mp4", chroma=chroma, crf=0)
    for shown, levels in list(zip((f.levels for f in open_clip(done.path).frames()), (ramp, soft, bars), strict=True))[
        : 3 if chroma == "444" else 2
    ]:
        apart = shown.astype(float) - levels
        assert np.abs(apart).mean() <= mean and np.abs(apart.mean((0, 1))).max() <= bias


def test_ten_bits_stay_ten_bits(tmp_path):
    ramp = np.broadcast_to(np.linspace(20000, 24000, 64).astype(np.uint16)[None, :, None], (HEIGHT, WIDTH, 3))
    clip = write_clip(tmp_path / "in.mp4", [ramp] * 2, pixel_format="yuv444p10le")
    done = passed(clip, tmp_path / "out.mp4", chroma="444", crf=0)
    frame = next(open_clip(done.path).frames()).levels
    assert frame.dtype == np.uint16 and open_clip(done.path).info.bits == 10
    assert len(np.unique(frame[0, :, 1])) > 40  # 4000 of 65536 are 62 levels in 10 bits, and 16 in 8


def test_interlaced_films_become_progressive_with_a_note(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(4), options={"x264-params": "tff=1:interlaced=1", "preset": "medium"})
    if not open_clip(clip).info.is_interlaced:
        pytest.skip("this x264 marks no frame as interlaced")
    done = passed(clip, tmp_path / "out.mp4")
    assert done.frames == 4 and any("interlaced" in note for note in done.notes)


def test_gif_and_animated_png_are_films(tmp_path):
    still = [texture(HEIGHT, WIDTH)] * 3
    gif = write_clip(tmp_path / "in.gif", still, codec="gif", pixel_format="rgb8", rate=10)
    png = write_clip(tmp_path / "in.png", still, codec="apng", pixel_format="rgb24", rate=10, format="apng")
    assert [passed(one, tmp_path / f"{one.suffix[1:]}.mp4").frames for one in (gif, png)] == [3, 3]


def test_what_is_transparent_shows_no_hidden_colors(tmp_path):
    levels = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    levels[:, : WIDTH // 2] = (10, 200, 30, 0)
    levels[:, WIDTH // 2 :] = (200, 100, 50, 255)
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "bgra"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(levels, format="rgba").reformat(format="bgra")))
        container.mux(stream.encode(None))
    shown = next(open_clip(tmp_path / "in.mkv").frames()).levels
    assert (shown == (200, 100, 50)).all()


def test_a_playlist_that_is_named_like_a_film_is_refused(tmp_path):
    secret = write_clip(tmp_path / "secret.mp4", panned(2))
    (tmp_path / "x.mp4").write_text(f"ffconcat version 1.0\nfile '{secret}'\n")
    with pytest.raises(InputError, match="not a supported film"):
        open_clip(tmp_path / "x.mp4")


def test_what_is_no_film_is_refused_in_one_line(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        open_clip(tmp_path / "empty.mp4")
    write_image(torch.rand(1, 3, 40, 40), tmp_path / "a.png")
    with pytest.raises(InputError, match="still picture"):
        open_clip(tmp_path / "a.png")
    with pytest.raises(InputError, match="cannot be read"):
        open_clip(tmp_path / "none.mp4")
    whole = write_clip(tmp_path / "whole.mp4", panned()).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"damaged|incomplete"):
        open_clip(tmp_path / "cut.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        container.mux(stream.encode(None))
    with pytest.raises(InputError):
        open_clip(tmp_path / "sound.mp4")


def test_high_dynamic_range_is_refused_with_advice(tmp_path):
    clip = write_clip(
        tmp_path / "hdr.mp4",
        panned(2),
        pixel_format="yuv420p10le",
        colors={"color_trc": 16, "color_primaries": 9, "colorspace": 9},
    )
    with pytest.raises(InputError, match="tonemap"):
        open_clip(clip)


def test_any_frame_can_be_sought(tmp_path):
    """Long groups of pictures with frames from both sides: what is sought is what is read from the beginning."""
    clip = open_clip(
        write_clip(tmp_path / "in.mp4", panned(24), options={"g": "12", "bf": "3", "crf": "30", "preset": "medium"})
    )
    whole = list(clip.frames())
    for place in (0, 5, 11, 12, 13, 23):
        sought = next(clip.frames(whole[place].pts))
        assert sought.pts == whole[place].pts and np.array_equal(sought.levels, whole[place].levels)


def test_a_codec_that_does_not_go_with_the_container_is_refused(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(2))
    for name, changes, printed in (
        ("a.avi", {}, "is not a film's name"),
        ("a.webm", {"codec": "h264"}, "does not hold"),
        ("a.mov", {"crf": 3}, "no crf"),
        ("a.webm", {"codec": "av1", "chroma": "444"}, "no chroma"),
        ("a.mkv", {"codec": "av1", "crf": 64}, "crf is 64: it must be from 0 to 63 for av1"),
        ("a.mp4", {"crf": -1}, "crf is -1: it must be from 0 to 51 for h264"),
    ):
        with pytest.raises(InputError, match=printed):
            passed(clip, tmp_path / name, **changes)
    assert not list(tmp_path.glob("*.unfinished"))


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "ffv1"), ("a.mov", "prores"), ("a.webm", "vp9"), ("a.mp4", "hevc")]
)
def test_other_codecs_write_playable_films(tmp_path, name, codec):
    clip = write_clip(tmp_path / "in.mp4", panned(3))
    done = passed(clip, tmp_path / name, codec=codec)
    read = list(open_clip(done.path).frames())
    assert len(read) == 3
    if codec == "ffv1":
        source = [frame.levels for frame in open_clip(clip).frames()]
        assert all(np.array_equal(one.levels, other) for one, other in zip(read, source, strict=True))


def test_one_frame_is_a_film(tmp_path):
    assert passed(write_clip(tmp_path / "in.mp4", panned(1)), tmp_path / "out.mp4").frames == 1


@pytest.mark.slow
def test_pictures_are_taken_in_natural_order(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(12):
        write_image(torch.full((1, 3, 48, 64), number / 20), folder / f"f{number}.png")
    done = passed(folder, tmp_path / "out.mp4", rate=12.0)
    means = [frame.levels.mean() for frame in open_clip(done.path).frames()]
    assert means == sorted(means) and done.frames == 12
    assert passed(folder / "f%d.png", tmp_path / "pattern.mp4").frames == 12
    assert math.isclose(frame_times(done.path)[1] * frame_times(done.path)[0][-1], 11 / 12)
