"""Text metadata of any length in image files, as XMP, which every format stores and most programs keep.

The text is the property `brushwork:run`. JPEG segments end at 64 kB, so longer packets are written as "extended XMP".

Source: Adobe, XMP specification part 3 (2020), 1.1.3 (JPEG, extended XMP), 1.1.5 (PNG).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from hashlib import md5
from pathlib import Path

from brushwork.errors import InputError
from brushwork.images.decode_pillow import open_with_pillow
from brushwork.images.files import open_image_file
from brushwork.images.formats import DEEP_ZOOM
from brushwork.storage.folders import require_path

_HEAD = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" '
)
_TAIL = b"/></rdf:RDF></x:xmpmeta>"
_BEGIN, _END = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>', b'<?xpacket end="r"?>'
_RUN = re.compile(rb'brushwork:run(?:="([^"]*)"|>([^<]*)<)')
_EXTENSION = re.compile(rb'HasExtendedXMP(?:="|>)([0-9A-F]{32})')

# Characters that have a meaning in XML, or that it forbids or changes (line ends): written as &#…;
_SPECIAL = re.compile("[\x00-\x1f\x7f-\x9f&<>\"'\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9A-Fa-f]+)|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

_PNG_HEADER = 33  # signature 8, IHDR 25
_JPEG_XMP, _JPEG_EXTENSION = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_JPEG_LONGEST = 65000  # below 65533 minus the signature and the 40 bytes before an extension's part
_GUID, _NUMBER = 32, 4  # bytes


def make_xmp_packet(text: str) -> bytes:
    """Return the XMP packet that holds a text.

    Raises: InputError: a text that is not valid Unicode (lone surrogates).
    """
    return _BEGIN + _describe(text) + _END


def extract_xmp_text(xmp: bytes) -> str | None:
    """Return the text in an XMP packet, even if another program has rewritten it; None if there is none."""
    if (found := _RUN.search(xmp)) is None:
        return None
    escaped = found[1] if found[1] is not None else found[2]
    return _REFERENCE.sub(_character, escaped.decode("utf-8", "replace"))


def insert_png_text(png: bytes, text: str) -> bytes:
    """Return an encoded PNG with the text in an iTXt chunk, not compressed (readers limit what they unpack)."""
    body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + make_xmp_packet(text)
    length, check = len(body) - 4, zlib.crc32(body)
    return png[:_PNG_HEADER] + length.to_bytes(4, "big") + body + check.to_bytes(4, "big") + png[_PNG_HEADER:]


def insert_jpeg_text(jpeg: bytes, text: str) -> bytes:
    """Return an encoded JPEG with the text in as many segments as it takes, after its first segment (JFIF)."""
    whole = make_xmp_packet(text)
    if len(whole) <= _JPEG_LONGEST:
        segments = [_JPEG_XMP + whole]
    else:
        extension = _describe(text)
        guid = md5(extension, usedforsecurity=False).hexdigest().upper().encode()
        note = b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="' + guid + b'"'
        segments = [_JPEG_XMP + _BEGIN + _HEAD + note + _TAIL + _END, *_parts(extension, guid)]
    after = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:after] + b"".join(map(_segment, segments)) + jpeg[after:]


def make_xml_element(text: str) -> str:
    """Return the text as an XML element.

    Raises: InputError: a text that is not valid Unicode (lone surrogates).
    """
    return _describe(text).decode()


def read_metadata(path: str | Path) -> str | None:
    """Return the text that `write_image` put into a file, or None if there is none.

    Raises: InputError: no such file, or not an image.
    """
    path = require_path(path, "the image")
    if path.suffix.lower() in DEEP_ZOOM.suffixes:
        with open_image_file(path) as file:
            return extract_xmp_text(file.read())
    with open_image_file(path) as file, open_with_pillow(file, path.name) as image:
        xmp = image.info.get("xmp") or b""
        segments = [content for marker, content in getattr(image, "applist", ()) if marker == "APP1"]
    if named := _EXTENSION.search(xmp):
        xmp = _join_parts(segments, named[1])
    return extract_xmp_text(xmp)


def _describe(text: str) -> bytes:
    try:
        escaped = _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"the metadata cannot be written as UTF-8 ({error}): give valid Unicode.") from error
    return _HEAD + b'xmlns:brushwork="urn:brushwork:" brushwork:run="' + escaped + b'"' + _TAIL


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"  # beyond Unicode: not written by this module


def _segment(content: bytes) -> bytes:
    return b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content


def _parts(extension: bytes, guid: bytes) -> Iterable[bytes]:
    """Yield the parts of an extension, each with the full length and its own offset."""
    length = len(extension).to_bytes(_NUMBER, "big")
    for offset in range(0, len(extension), _JPEG_LONGEST):
        part = extension[offset : offset + _JPEG_LONGEST]
        yield _JPEG_EXTENSION + guid + length + offset.to_bytes(_NUMBER, "big") + part


def _join_parts(segments: Iterable[bytes], guid: bytes) -> bytes:
    """Return the extension with this GUID, joined from its parts in order."""
    start = _JPEG_EXTENSION + guid
    parts = [segment[len(start) + _NUMBER :] for segment in segments if segment.startswith(start)]
    return b"".join(part[_NUMBER:] for part in sorted(parts, key=lambda part: part[:_NUMBER]))
