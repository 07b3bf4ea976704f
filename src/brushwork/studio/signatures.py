"""Kinds of image files, by their first bytes. What is not listed here is not decoded."""

from __future__ import annotations

SIGNATURE_BYTES = 16

CONTENT_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "avif": "image/avif",
}

KINDS = "PNG, JPEG, WebP, TIFF, GIF or AVIF"


def kind_of(first: bytes) -> str | None:
    """Return the kind of file that begins with these bytes; None: one that is not accepted."""
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
    return None
