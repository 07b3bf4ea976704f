"""Animated GIF and PNG as output, and alpha that is kept."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image as PillowImage

from brushwork.errors import InputError
from brushwork.video import FrameDone, open_clip, run_film
from brushwork.video.animation_file import _apart
from brushwork.video.animation_loops import times_played
from tiny_films import HEIGHT, STILL, WIDTH, film_job, panned, tiny_stylizer, write_clip


def passed(clip, output, **changes):
    """The film, painted with strength 0."""
    *_, last = run_film(film_job(clip, output, 0.0, film=STILL, **changes), network=tiny_stylizer())
    return last


def transparent(path, codec="ffv1", pixel_format="bgra"):
    """A film whose transparent part moves to the right."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        for number in range(4):
            levels = np.full((HEIGHT, WIDTH, 4), (200, 100, 50, 255), np.uint8)
            levels[:, : 16 + 8 * number, 3] = 0
            frame = av.VideoFrame.from_ndarray(levels, format="rgba").reformat(format=pixel_format)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mov", "prores"), ("a.webm", "vp9"), ("a.mkv", "vp9"), ("a.mkv", "ffv1")]
)
def test_alpha_is_kept_where_the_codec_has_it(tmp_path, name, codec):
    done = passed(transparent(tmp_path / "in.mkv"), tmp_path / name, codec=codec)
    assert done.notes == ()
    with av.open(str(done.path)) as container:
        stream = container.streams.video[0]
        if codec == "vp9":  # its alpha is a second stream within, which libvpx reads
            decoder = av.CodecContext.create("libvpx-vp9", "r")
            frames = [one for packet in container.demux(stream) for one in decoder.decode(packet)]
        else:
            frames = list(container.decode(stream))
    for number, frame in enumerate(frames):
        alpha = frame.reformat(format="rgba").to_ndarray()[..., 3].astype(int)
        edge = 16 + 8 * number
        assert alpha[:, : edge - 4].max() <= 8 and alpha[:, edge + 4 :].min() >= 247
    assert len(frames) == 4


@pytest.mark.parametrize(
    ("name", "changes"), [("a.mp4", {}), ("a.mp4", {"codec": "vp9"}), ("a.webm", {"codec": "vp9", "chroma": "444"})]
)
def test_alpha_and_colors_that_a_film_does_not_hold_are_reported(tmp_path, name, changes):
    done = passed(transparent(tmp_path / "in.mkv"), tmp_path / name, **changes)
    assert any("no alpha" in note for note in done.notes)


def test_a_gif_keeps_times_and_repeats(tmp_path):
    clip = write_clip(
        tmp_path / "in.mp4", panned(5), times=[0, 10, 20, 50, 60], time_base=Fraction(1, 100), seconds_of_sound=0.3
    )
    done = passed(clip, tmp_path / "out.gif")
    assert any("sound is left out" in note for note in done.notes) and not (tmp_path / "out.gif.unfinished").exists()
    with PillowImage.open(done.path) as shown:
        assert (shown.format, shown.n_frames, shown.info["loop"]) == ("GIF", 5, 0)
        lasting = []
        for number in range(5):
            shown.seek(number)
            lasting.append(shown.info["duration"])
            # 256 colors for a texture of thousands, dithered: within a step of a cube of 6 levels
            apart = np.asarray(shown.convert("RGB")).astype(int) - panned(5)[number]
            assert np.abs(apart).mean() < 255 / 6 / 4
    assert lasting == [100, 100, 300, 100, 100]


def test_what_is_still_does_not_flicker_in_a_gif(tmp_path):
    done = passed(write_clip(tmp_path / "in.mp4", [panned(1)[0]] * 3), tmp_path / "out.gif")
    frames = [frame.levels for frame in open_clip(done.path).frames()]
    assert np.array_equal(frames[0], frames[1]) and np.array_equal(frames[1], frames[2])


def test_an_animated_png_is_exact_and_keeps_alpha(tmp_path):
    clip = write_clip(tmp_path / "in.mkv", panned(3), codec="ffv1", pixel_format="bgr0")
    done = passed(clip, tmp_path / "out.apng")
    assert all(
        np.array_equal(one.levels, film) for one, film in zip(open_clip(done.path).frames(), panned(3), strict=True)
    )
    seen = passed(transparent(tmp_path / "alpha.mkv"), tmp_path / "alpha.apng")
    with PillowImage.open(seen.path) as shown:
        assert shown.n_frames == 4 and shown.mode == "RGBA" and shown.getpixel((2, 2))[3] == 0
        assert shown.getpixel((60, 2)) == (200, 100, 50, 255)
    again = passed(seen.path, tmp_path / "again.gif")
    with PillowImage.open(again.path) as shown:
        assert shown.convert("RGBA").getpixel((2, 2))[3] == 0


def test_times_that_a_format_cannot_distinguish_are_moved_on():
    assert _apart([0, 0, 1, 5, 5]) == [0, 1, 2, 5, 6]


def test_codecs_of_animations_cannot_be_chosen(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(2))
    for changes in ({"codec": "h264"}, {"crf": 20}):
        with pytest.raises(InputError, match="has its own codec"):
            passed(clip, tmp_path / "out.gif", **changes)


@pytest.mark.parametrize(("plays", "kept"), [(None, 0), (1, 1), (3, 3)])
@pytest.mark.parametrize("name", ["out.gif", "out.apng", "out.webp"])
def test_an_animation_is_played_as_often_as_requested_and_as_its_clip(tmp_path, name, plays, kept):
    clip = write_clip(tmp_path / "in.mp4", panned(3))
    done = passed(clip, tmp_path / name, plays=plays)
    demuxer = name.split(".")[1]
    assert times_played(done.path, demuxer) == kept
    again = passed(done.path, tmp_path / f"again{name}")
    assert times_played(again.path, demuxer) == kept
    if demuxer == "gif":  # Pillow says how often it is played again
        with PillowImage.open(done.path) as shown:
            assert shown.info.get("loop", -1) == {0: 0, 1: -1, 3: 2}[kept]


@pytest.mark.parametrize("plays", [-3, 70000])
def test_numbers_of_plays_that_no_format_holds_are_refused_before_anything_is_painted(tmp_path, plays):
    clip = write_clip(tmp_path / "in.mp4", panned(2))
    with pytest.raises(InputError, match=f"plays is {plays}: it must be from 0"):
        passed(clip, tmp_path / "out.gif", plays=plays)
    assert not list(tmp_path.glob("*.unfinished"))


def test_more_plays_of_a_clip_than_all_formats_hold_are_as_many_as_they_do(tmp_path):
    done = passed(write_clip(tmp_path / "in.mp4", panned(2)), tmp_path / "out.gif", plays=2)
    often = tmp_path / "often.gif"  # played once, and again 65535 times
    often.write_bytes(done.path.read_bytes().replace(b"NETSCAPE2.0\x03\x01\x01\x00", b"NETSCAPE2.0\x03\x01\xff\xff"))
    assert times_played(passed(often, tmp_path / "again.webp").path, "webp") == 65535


def test_an_interrupted_animation_is_resumed_with_other_plays(tmp_path):
    """No frame depends on them."""
    job = film_job(write_clip(tmp_path / "in.mp4", panned(3)), tmp_path / "out.gif", 0.0, film=STILL, plays=2)
    events = run_film(job, network=tiny_stylizer())
    next(one for one in events if isinstance(one, FrameDone))
    events.close()
    rest = list(run_film(replace(job, plays=5), resume=True, network=tiny_stylizer()))
    assert sum(isinstance(one, FrameDone) for one in rest) == 2 and times_played(job.output, "gif") == 5


def test_a_webp_keeps_times_and_alpha(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(4), times=[0, 40, 90, 250], time_base=Fraction(1, 1000))
    done = passed(clip, tmp_path / "out.webp")
    with PillowImage.open(done.path) as shown:
        assert (shown.format, shown.n_frames) == ("WEBP", 4)
    frames = list(open_clip(done.path).frames())
    assert [one.pts for one in frames] == [0, 40, 90, 250]
    for number, frame in enumerate(frames):  # lossy: nearest to its own, and its mean color within a level
        apart = [np.abs(frame.levels.astype(int) - film).mean() for film in panned(4)]
        assert np.argmin(apart) == number
        assert np.abs(frame.levels.mean((0, 1)) - panned(4)[number].mean((0, 1))).max() < 1
    seen = passed(transparent(tmp_path / "alpha.mkv"), tmp_path / "alpha.webp")
    *_, last = open_clip(seen.path).frames()
    assert last.alpha is not None and last.alpha[:, :36].max() == 0 and last.alpha[:, 44:].min() == 255


def test_a_still_webp_is_no_film(tmp_path):
    PillowImage.new("RGB", (40, 40)).save(tmp_path / "one.webp")
    with pytest.raises(InputError, match="still picture"):
        open_clip(tmp_path / "one.webp")
    moving = passed(write_clip(tmp_path / "in.mp4", panned(3)), tmp_path / "out.webp").path
    (tmp_path / "cut.webp").write_bytes(moving.read_bytes()[:-2000])
    with pytest.raises(InputError, match="damaged"):
        list(open_clip(tmp_path / "cut.webp").frames())


def test_that_a_film_does_not_say_how_often_it_is_played_is_reported(tmp_path):
    clip = write_clip(tmp_path / "in.mp4", panned(2))
    assert any("plays has no effect" in note for note in passed(clip, tmp_path / "out.mkv", plays=2).notes)
    assert not any("plays" in note for note in passed(clip, tmp_path / "out.gif", plays=2).notes)
