"""The sound of another file: it is looked at before anything is painted, and ends with the film."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from brushwork.errors import InputError
from brushwork.video import FrameDone, FrameSelection, plan_film, run_film
from tiny_films import FRAMES, STILL, film_job, frame_times, panned, tiny_stylizer, write_clip, write_sound

SECONDS = 1.0
"""Of the film."""


@pytest.fixture
def job(tmp_path):
    """A film of one second with sound of its own, to be painted with strength 0."""
    clip = write_clip(tmp_path / "in.mp4", panned(), seconds_of_sound=SECONDS)
    return film_job(clip, tmp_path / "out.mp4", 0.0, film=STILL)


def with_sound(job, sound, **changes):
    """Paint a film with the sound of a file, and return its notes."""
    job = replace(job, audio=str(sound), **changes)
    *_, done = run_film(job, network=tiny_stylizer())
    assert done.frames == len(frame_times(job.output)[0])
    return done.notes


def sounding(path: Path) -> tuple[str, float]:
    """The codec and the length in seconds of a film's only sound, decoded."""
    with av.open(str(path)) as container:
        (stream,) = container.streams.audio
        samples = sum(frame.samples for frame in container.decode(stream))
        return stream.codec_context.codec.canonical_name, samples / stream.codec_context.sample_rate


@pytest.mark.parametrize(
    ("name", "codec", "made"),
    [
        ("m.m4a", "aac", "aac"),
        ("m.aac", "aac", "aac"),
        ("m.mp3", "libmp3lame", "mp3"),
        ("m.wav", "pcm_s16le", "aac"),
        ("m.aiff", "pcm_s16be", "aac"),
        ("m.caf", "pcm_s16le", "aac"),
        ("m.flac", "flac", "flac"),
        ("m.wv", "wavpack", "aac"),
        ("m.opus", "libopus", "opus"),
        ("m.mka", "libopus", "opus"),
    ],
)
def test_files_of_sound_are_taken(job, tmp_path, name, codec, made):
    sound = write_sound(tmp_path / name, SECONDS, codec, "matroska" if name == "m.mka" else None, 48_000)
    notes = with_sound(job, sound)
    codec, seconds = sounding(job.output)
    # The longest packet is one of MP3, of 1152 samples; it, and the encoder of AAC, may add one at either end.
    assert codec == made and seconds == pytest.approx(SECONDS, abs=2 * 1152 / 48_000)
    assert not any("cut" in note or "silent" in note for note in notes)


@pytest.mark.parametrize(("seconds", "heard", "message"), [(3.0, SECONDS, "cut"), (0.5, 0.5, "silent")])
@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_sound_ends_with_the_film(job, tmp_path, seconds, heard, message, ending):
    """Copied or encoded anew; the note is given before the first frame, too."""
    output = job.output.with_suffix(ending)
    sound = write_sound(tmp_path / "m.m4a", seconds, "aac", rate=48_000)
    job = replace(job, output=output, audio=str(sound))
    notes = plan_film(job, network=tiny_stylizer()).notes
    assert with_sound(job, sound)[0] in notes and any(message in note for note in notes)
    assert sounding(output)[1] == pytest.approx(heard, abs=2 * 1024 / 48_000)


def delayed(source: Path, target: Path, seconds: float) -> Path:
    """Copy sound into a file whose clock says so many seconds at its beginning."""
    with av.open(str(source)) as container, av.open(str(target), "w") as file:
        stream = container.streams.audio[0]
        copy = file.add_stream_from_template(stream)
        for packet in container.demux(stream):
            if packet.dts is not None:
                ticks = round(seconds / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts + ticks, packet.dts + ticks, copy
                file.mux(packet)
    return target


def first_time(path: Path) -> float:
    """The second at which the sound of a film begins."""
    with av.open(str(path)) as container:
        return next(float(frame.time) for frame in container.decode(audio=0))


@pytest.mark.parametrize("name", ["m.ts", "m.mka", "m.opus"])
@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_sound_begins_with_the_film_whatever_its_clock_says(job, tmp_path, name, ending):
    """Copied or encoded anew; MPEG-TS and what is cut from a stream begin at any time."""
    codec = "libopus" if name == "m.opus" else "aac"
    source = write_sound(tmp_path / ("m.ogg" if name == "m.opus" else "m.m4a"), SECONDS, codec, rate=48_000)
    sound = delayed(source, tmp_path / name, 10.0)
    notes = with_sound(job, sound, output=job.output.with_suffix(ending))
    output = job.output.with_suffix(ending)
    # A packet of AAC, 1024 samples, precedes the sound, and one of AAC or Opus, 960 samples, follows it.
    assert first_time(output) == pytest.approx(0, abs=1024 / 48_000)
    assert sounding(output)[1] == pytest.approx(SECONDS, abs=2 * 1024 / 48_000)
    assert not any("cut" in note or "silent" in note for note in notes)


def test_sound_of_another_film_keeps_its_distance_to_that_films_pictures(job, tmp_path):
    """Pictures from 10 s on, sound from 10.25 s on."""
    sound = delayed(write_sound(tmp_path / "m.m4a", 0.5, "aac", rate=48_000), tmp_path / "m.mka", 10.25)
    film = write_clip(tmp_path / "film.mp4", panned(), times=range(120, 120 + FRAMES))
    with av.open(str(film)) as pictures, av.open(str(sound)) as heard, av.open(str(tmp_path / "b.mp4"), "w") as both:
        copies = [both.add_stream_from_template(one.streams[0]) for one in (pictures, heard)]
        for container, copy in zip((pictures, heard), copies, strict=True):
            for packet in container.demux():
                if packet.dts is not None:
                    packet.stream = copy
                    both.mux(packet)
    assert any("takes 0.8 s, the film 1.0 s" in note for note in with_sound(job, tmp_path / "b.mp4"))
    assert first_time(job.output) == pytest.approx(0.25, abs=1024 / 48_000 + 0.001)


def test_sound_begins_with_the_pictures_of_a_film_that_begin_late(job, tmp_path):
    late = write_clip(tmp_path / "late.mkv", panned(), times=range(120, 120 + FRAMES))
    sound = write_sound(tmp_path / "m.m4a", SECONDS, "aac", rate=48_000)
    assert not with_sound(job, sound, clip=late)
    assert first_time(job.output) == pytest.approx(
        10.0, abs=1024 / 48_000 + 0.001
    )  # MP4 begins tracks at a millisecond
    assert sounding(job.output)[1] == pytest.approx(SECONDS, abs=2 * 1024 / 48_000)


def test_a_part_of_a_film_gets_as_much_of_the_sound(job, tmp_path):
    sound = write_sound(tmp_path / "m.m4a", 3.0, "aac", rate=48_000)
    with_sound(job, sound, selection=FrameSelection(start=0.25, end=0.75))
    assert sounding(job.output)[1] == pytest.approx(0.5, abs=2 * 1024 / 48_000)
    with_sound(job, sound, selection=FrameSelection(rate=Fraction(24)), overwrite=True)
    assert sounding(job.output)[1] == pytest.approx(SECONDS, abs=2 * 1024 / 48_000)


def test_sound_that_cannot_be_used_is_refused_before_a_frame_is_painted(job, tmp_path):
    (tmp_path / "text.mp3").write_text("no sound")
    (tmp_path / "noise.mp3").write_bytes(b"ID3" + bytes(1000))
    (tmp_path / "list.m4a").write_text(f"ffconcat version 1.0\nfile '{job.clip}'\n")
    write_clip(tmp_path / "silent.mp4", panned(2))
    for name, printed in {
        "none.mp3": "none.mp3 cannot be read",
        "text.mp3": "no supported file of sound",
        "list.m4a": "no supported file of sound",
        "noise.mp3": "noise.mp3",
        "silent.mp4": "has no sound",
    }.items():
        events = run_film(replace(job, audio=str(tmp_path / name)), network=tiny_stylizer())
        with pytest.raises(InputError, match=printed):
            next(events)
        with pytest.raises(InputError, match=printed):
            plan_film(replace(job, audio=str(tmp_path / name)), network=tiny_stylizer())
    assert not job.workspace.exists()


def test_a_film_is_finished_with_other_sound_than_it_was_begun_with(job, tmp_path):
    """The sound can become unreadable while the film is painted."""
    sound = write_sound(tmp_path / "m.m4a", SECONDS, "aac")
    begun = run_film(replace(job, audio=str(sound)), network=tiny_stylizer())
    painted = 0
    while painted < FRAMES:
        painted += isinstance(next(begun), FrameDone)
    begun.close()
    sound.unlink()
    resumed = list(run_film(replace(job, audio="none"), resume=True, network=tiny_stylizer()))
    assert not any(isinstance(event, FrameDone) for event in resumed)
    with av.open(str(job.output)) as container:
        assert not container.streams.audio


def test_damaged_sound_that_is_encoded_anew_leaves_the_painted_frames(job, tmp_path):
    """Its beginning is whole, so that the damage is found when the film is written."""
    sound = write_sound(tmp_path / "m.flac", SECONDS, "flac")
    content = bytearray(sound.read_bytes())
    last = range(len(content) * 3 // 4, len(content))
    content[last.start :] = bytes(37 * place % 251 for place in last)
    sound.write_bytes(content)
    job = replace(job, output=tmp_path / "out.webm", audio=str(sound))
    with pytest.raises(InputError, match=r"m\.flac is damaged"):
        list(run_film(job, network=tiny_stylizer()))
    resumed = list(run_film(replace(job, audio="none"), resume=True, network=tiny_stylizer()))
    assert not any(isinstance(event, FrameDone) for event in resumed) and job.output.exists()


def test_a_finished_film_with_other_sound_is_another_film(job):
    list(run_film(replace(job, audio="none"), network=tiny_stylizer()))
    with pytest.raises(InputError, match="audio: copy here, none there"):
        list(run_film(job, resume=True, network=tiny_stylizer()))


def test_the_sound_is_not_overwritten(job, tmp_path):
    sound = write_sound(tmp_path / "out.mp4", SECONDS, "aac")
    with pytest.raises(InputError, match="is one of the inputs"):
        list(run_film(replace(job, audio=str(sound), overwrite=True), network=tiny_stylizer()))


def test_an_animation_says_that_it_leaves_a_file_of_sound_out(job, tmp_path):
    silent = replace(job, clip=write_clip(tmp_path / "silent.mp4", panned(2)), output=tmp_path / "out.gif")
    assert any("sound is left out" in one for one in with_sound(silent, write_sound(tmp_path / "m.m4a", 1.0, "aac")))


def test_the_plan_names_the_sound_that_is_taken(job, tmp_path):
    sound = write_sound(tmp_path / "m.wav", SECONDS, "pcm_s16le")
    assert plan_film(job, network=tiny_stylizer()).audio == "copy: aac"
    assert plan_film(replace(job, audio=str(sound)), network=tiny_stylizer()).audio == f"{sound}: pcm_s16le"
    assert plan_film(replace(job, audio="none"), network=tiny_stylizer()).audio == "none: none"
