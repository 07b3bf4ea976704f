"""Text inside of picture files."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import read_image, read_metadata, write_image
from brushwork.images.metadata import extract_xmp_text, make_xmp_packet

KINDS = [("a.png", 8), ("a.png", 16), ("a.tif", 8), ("a.tif", 16), ("a.jpg", 8), ("a.webp", 8)]
LONG = json.dumps({"steps": [{"n": n, "name": "Ünïcödé ☃ 🖌"} for n in range(9000)]}, ensure_ascii=False)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bits"), KINDS)
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("text", ["", "{}", '{"a": "<&>\\"\'"}', LONG], ids=["empty", "short", "special", "long"])
def test_every_format_gives_back_every_length(image, tmp_path, name, bits, alpha, text):
    path = write_image(
        image, tmp_path / name, bits=bits, metadata=text, alpha=image[:, :1].contiguous() if alpha else None
    )
    assert read_metadata(path) == text
    assert read_image(path).size == (20, 30)


def test_what_is_no_path_is_refused(image):
    with pytest.raises(InputError, match="the image is given as Tensor: give a path"):
        read_metadata(image)


def test_the_long_text_is_long():
    assert len(LONG.encode()) > 400_000


@pytest.mark.parametrize("length", range(64_500, 65_900, 100))
def test_around_the_length_of_a_jpeg_segment(tmp_path, length):
    text = "x" * length
    assert read_metadata(write_image(torch.rand(1, 3, 2, 2), tmp_path / "a.jpg", metadata=text)) == text


@pytest.mark.slow
@given(st.text())
def test_every_text_survives_the_packet(text):
    assert extract_xmp_text(make_xmp_packet(text)) == text


@settings(deadline=None, max_examples=25)
@given(text=st.text(max_size=300), kind=st.sampled_from(KINDS), times=st.sampled_from([1, 1000]))
def test_every_text_survives_every_format(tmp_path_factory, text, kind, times):
    name, bits = kind
    path = tmp_path_factory.mktemp("metadata") / name
    assert read_metadata(write_image(torch.rand(1, 3, 2, 2), path, bits=bits, metadata=text * times)) == text * times


def test_json_gives_valid_xml():
    root = ElementTree.fromstring(make_xmp_packet(LONG))
    (described,) = root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert described.get("{urn:brushwork:}run") == LONG


@pytest.mark.parametrize(
    "written",
    [
        b"<brushwork:run>a &amp; &#x62; &quot;c&apos;</brushwork:run>",
        b"""<rdf:Description\n  brushwork:run="a &#38; b &#34;c'"/>""",
    ],
)
def test_packets_that_other_programs_wrote_anew(written):
    assert extract_xmp_text(written) == "a & b \"c'"


def test_foreign_packets():
    assert extract_xmp_text(b"<x:xmpmeta/>") is None
    assert extract_xmp_text(b'brushwork:run="\xff &#99999999999;"') == "\ufffd \ufffd"


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg", "a.webp"])
def test_none_where_there_is_none(image, tmp_path, name):
    assert read_metadata(write_image(image, tmp_path / name)) is None


def test_files_of_others(save, colors, tmp_path, monkeypatch):
    assert read_metadata(save(colors, "a.gif")) is None
    assert read_metadata(save(colors, "b.jpg", xmp=b"<x:xmpmeta>of another program</x:xmpmeta>")) is None
    monkeypatch.chdir(tmp_path)
    assert read_metadata("a.gif") is None


def test_an_extension_that_is_missing(image, tmp_path):
    """A program that keeps the packet and drops its continuation leaves nothing, not half."""
    path = write_image(image, tmp_path / "a.jpg", metadata=LONG)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"http://ns.adobe.com/xmp/extension/\0", b"http://ns.adobe.com/xmp/elsewhere/\0"))
    assert read_metadata(path) is None


@pytest.mark.slow
def test_the_text_leaves_the_pixels_alone(image, tmp_path):
    for name, bits in KINDS:
        plain = read_image(write_image(image, tmp_path / f"plain{bits}{name}", bits=bits)).image
        with_metadata = read_image(write_image(image, tmp_path / f"told{bits}{name}", bits=bits, metadata=LONG)).image
        assert torch.equal(plain, with_metadata)


def test_pillow_keeps_it(image, tmp_path):
    """What a person does next: open the picture with something else and save it again."""
    path = write_image(image, tmp_path / "a.png", metadata='{"seed": 1}')
    with Image.open(path) as opened:
        content = BytesIO()
        opened.save(content, "JPEG", xmp=opened.info["xmp"])
    (tmp_path / "b.jpg").write_bytes(content.getvalue())
    assert read_metadata(tmp_path / "b.jpg") == '{"seed": 1}'


def test_lone_surrogates_are_refused(image, tmp_path):
    with pytest.raises(InputError, match="UTF-8"):
        write_image(image, tmp_path / "a.png", metadata="\ud800")
    assert not list(tmp_path.iterdir())


def test_what_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(InputError, match="is not a picture"):
        read_metadata(tmp_path / "a.png")
    with pytest.raises(InputError, match="does not exist"):
        read_metadata(Path("no.png"))
