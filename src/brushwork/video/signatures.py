"""The container of a film or sound file, identified by its first bytes.

FFmpeg would guess, and a text file with a film's name, such as a playlist, could then make it read other files. So we
name the demuxer, and use only those below.
"""

from __future__ import annotations

from pathlib import Path

from brushwork.errors import InputError
from brushwork.storage.folders import expand_user
from brushwork.video.sequence_names import holds_pictures

_HEAD = 512

_MOV_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

_BEGINNINGS = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"YUV4MPEG2 ", "yuv4mpegpipe"),
    (b"nut/multimedia container\0", "nut"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"DKIF", "ivf"),
    (b"\x06\x0e\x2b\x34", "mxf"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x00\x01\x40", "hevc"),
    (b"\x00\x00\x00\x01\x67", "h264"),
    (b"\x00\x00\x00\x01\x27", "h264"),
    (b"\x00\x00\x00\x01\x09", "h264"),
    (b"\x00\x00\x01\xb3", "mpegvideo"),
)
_SOUND_BEGINNINGS = (
    (b"ID3", "mp3"),
    *((bytes([0xFF, second]), "mp3") for second in (0xE2, 0xE3, 0xF2, 0xF3, 0xFA, 0xFB)),
    *((bytes([0xFF, second]), "aac") for second in (0xF0, 0xF1, 0xF8, 0xF9)),
    (b"fLaC", "flac"),
    (b"caff", "caf"),
    (b"wvpk", "wv"),
)
"""Sound-only files. MP3 and AAC begin with eleven or twelve one bits, then the version and the layer."""
_TS_PACKET, _TS_SYNC = 188, 0x47
_FLAGS, _ANIMATED = 20, 2
"""Offset of a WebP's flags, and the flag for animation."""
ANIMATIONS = ("gif", "apng", "webp")
"""Animation formats, by FFmpeg's names; each stores how often it is played."""
_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"crx ")
"""Still pictures in an MP4 container: AVIF, HEIF and CR3."""
_PNG = b"\x89PNG\r\n\x1a\n"


def demuxer_of(path: Path) -> str:
    """Return FFmpeg's name for the container of a film.

    Raises: InputError: the file is missing, a folder, empty, a still picture, or not a known film format.
    """
    head = _read_head(path)
    if found := _film_demuxer(head):
        return found
    raise InputError(_what_it_is(path, head))


def sound_demuxer_of(path: Path) -> str:
    """Return FFmpeg's name for the container of a film or of a sound-only file.

    Raises: InputError: the file is missing, a folder, empty, or neither of the two.
    """
    head = _read_head(path)
    if found := _sound_demuxer(head) or _film_demuxer(head):
        return found
    raise InputError(
        f"{path} is no supported file of sound: give M4A, MP3, AAC, WAV, FLAC, Ogg, Opus, AIFF, CAF or WavPack, or a "
        "film with sound."
    )


def _film_demuxer(head: bytes) -> str | None:
    """Return FFmpeg's name for a film's container; None: it is unknown."""
    if head[4:8] in _MOV_ATOMS:
        return "mov"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if _is_animation(head):
        return "apng" if head.startswith(_PNG) else "webp"
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if len(head) > _TS_PACKET and head[0] == _TS_SYNC == head[_TS_PACKET]:
        return "mpegts"
    return None


def _sound_demuxer(head: bytes) -> str | None:
    """Return FFmpeg's name for a sound-only container; None: it is another kind of file."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    return next((name for beginning, name in _SOUND_BEGINNINGS if head.startswith(beginning)), None)


def _read_head(path: Path) -> bytes:
    try:
        with expand_user(path).open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the name and the folder.") from error
    if not head:
        raise InputError(f"{path} is empty: 0 bytes.")
    return head


def is_still_picture(path: Path) -> bool:
    """Return whether a path is a single still picture, not an animation, and not a folder or pattern of pictures.

    Raises: InputError: the file cannot be read, or is empty.
    """
    if holds_pictures(expand_user(path)):
        return False
    head = _read_head(path)
    return _is_picture(head) and not _is_animation(head)


def is_film(path: Path) -> bool:
    """Return whether a file is a film, and not one that can be read as a picture, such as an animated GIF."""
    try:
        if not path.is_file():  # a pipe can be read only once
            return False
        demuxer = demuxer_of(path)
    except (InputError, OSError):
        return False
    return demuxer not in ANIMATIONS and _read_head(path)[8:12] not in _PICTURE_BRANDS


def _is_animation(head: bytes) -> bool:
    """Return whether a file is an animated PNG or WebP."""
    moving_webp = head[12:16] == b"VP8X" and len(head) > _FLAGS and bool(head[_FLAGS] & _ANIMATED)
    return (head.startswith(_PNG) and b"acTL" in head) or (head[8:12] == b"WEBP" and moving_webp)


def _is_picture(head: bytes) -> bool:
    return head.startswith((_PNG, b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM")) or head[8:12] == b"WEBP"


def _what_it_is(path: Path, head: bytes) -> str:
    if _is_picture(head):
        return f"{path} is a still picture, and no film: brushwork paint {path.name} PAINTING"
    return (
        f"{path} is not a supported film: give MP4, MOV, MKV, WebM, AVI, MPEG, Ogg, NUT, Y4M, an animated GIF, PNG "
        "or WebP, or a folder of pictures."
    )
