"""Text subtitles are kept: copied, or in the format that the container holds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from brushwork.video import FrameSelection, run_film
from tiny_films import STILL, film_job, panned, tiny_stylizer, write_clip

LINES = ((250, 300, "Look, <i>there</i>!"), (600, 250, "Where?\nI see nothing."))
"""Milliseconds at which a line begins, how long it stays, and its text."""
STYLES = (
    b"[Script Info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r\nFormat: Name, Fontname, Fontsize, PrimaryColour\r\n"
    b"Style: Default,Arial,16,&Hffffff\r\n\r\n[Events]\r\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, "
    b"MarginV, Effect, Text\r\n"
)


def with_subtitles(path: Path, clip: Path, codec: str = "subrip") -> Path:
    """A film of the clip's pictures, with the lines in a format."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as film:
        pictures = film.add_stream_from_template(source.streams.video[0])
        text = film.add_stream(codec)
        text.codec_context.subtitle_header = STYLES
        text.metadata["language"] = "eng"
        for begin, lasts, words in LINES:
            content = words.encode()
            packet = av.Packet(len(content).to_bytes(2, "big") + content if codec == "mov_text" else content)
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts, packet.dts, packet.duration = begin, begin, lasts
            film.mux(packet)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                film.mux(packet)
    return path


def lines_of(path: Path) -> list[tuple[float, float, str]]:
    """Begin and length in seconds, and the text, of each line of the only track."""
    with av.open(str(path)) as film:
        (stream,) = film.streams.subtitles
        found = []
        for packet in film.demux(stream):
            shown = stream.codec_context.decode2(packet) if packet.size else None
            text = "".join(one.dialogue.decode() for one in shown) if shown else ""
            if text:
                base = packet.time_base
                found.append((float(packet.pts * base), float(packet.duration * base), text))
        return found


def painted(clip: Path, output: Path, **changes) -> Path:
    """The film, painted with strength 0."""
    list(run_film(film_job(clip, output, 0.0, film=STILL, **changes), network=tiny_stylizer()))
    return output


@pytest.fixture
def clip(tmp_path) -> Path:
    """A film of one second."""
    return write_clip(tmp_path / "plain.mkv", panned(12))


@pytest.mark.parametrize(
    ("codec", "given", "made"),
    [("subrip", "in.mkv", "out.mp4"), ("mov_text", "in.mp4", "out.mkv"), ("subrip", "in.mkv", "out.mkv")],
)
def test_lines_and_their_times_are_kept(tmp_path, clip, codec, given, made):
    film = painted(with_subtitles(tmp_path / given, clip, codec), tmp_path / made)
    assert [(round(begin, 3), round(lasts, 3)) for begin, lasts, _ in lines_of(film)] == [(0.25, 0.3), (0.6, 0.25)]
    texts = [text for *_, text in lines_of(film)]
    assert "there" in texts[0] and "Where?" in texts[1] and "I see nothing." in texts[1]
    assert "<i>" not in texts[0] or made.endswith("mkv")  # the tag is a style in MP4, not a text
    with av.open(str(film)) as container:
        assert container.streams.subtitles[0].metadata["language"] == "eng"


def test_webm_gets_its_own_format(tmp_path, clip):
    film = painted(with_subtitles(tmp_path / "in.mkv", clip), tmp_path / "out.webm")
    assert [text.split(",")[-1] for *_, text in lines_of(film)][1].startswith("Where?")


def test_lines_of_a_part_move_with_it(tmp_path, clip):
    source = with_subtitles(tmp_path / "in.mkv", clip)
    film = painted(source, tmp_path / "out.mp4", selection=FrameSelection(start=0.5))
    ((begin, _, text),) = lines_of(film)
    assert begin == pytest.approx(0.1, abs=1e-3) and "Where?" in text
