"""Kinds of images and films, by their first bytes. What is not listed here is not decoded."""

from __future__ import annotations

from brushwork.errors import InputError

SIGNATURE_BYTES = 16

CONTENT_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "avif": "image/avif",
    "mp4": "video/mp4",
    "webm": "video/webm",
}
FILMS = ("mp4", "webm")

KINDS = "PNG, JPEG, WebP, TIFF, GIF or AVIF, or a film as MP4 or WebM"

_PICTURE_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
"""Brands of pictures in a container that films also use."""


def kind_of(first: bytes) -> str | None:
    """Return the kind of file that begins with these bytes; None: a kind that is not accepted."""
    if first.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if first.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "webp"
    if first[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if first[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if first[4:12] in (b"ftypavif", b"ftypavis"):
        return "avif"
    if first[4:8] == b"ftyp" and first[8:12] not in _PICTURE_BRANDS:
        return "mp4"
    if first.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm"
    return None


def require_kind(role: str, kind: str | None, *, is_film: bool = False) -> None:
    """Check that a file is a film if one is needed, else a picture; `role`: its use, in words.

    Raises: InputError.
    """
    if (kind in FILMS) != is_film:
        raise InputError(f"{role} is a file of the kind {kind}: give {'a film' if is_film else 'a picture'}.")
