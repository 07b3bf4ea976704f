"""Refuse camera raw files: decoders find only a small preview in them.

Sources: TIFF 6.0, section 2 (directories); Adobe, Digital Negative specification 1.7 (DNGVersion, SubIFDs, the
photometric interpretations of sensors).
"""

from __future__ import annotations

from pathlib import Path

from brushwork.errors import InputError
from brushwork.images.files import File
from brushwork.images.tiff import tiff_directory

_ENDINGS = tuple(
    f".{ending}"
    for ending in (
        *("3fr", "ari", "arw", "bay", "cap", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc"),
        *("mef", "mos", "mrw", "nef", "nrw", "orf", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f"),
    )
)
"""File name suffixes of raw files."""

_CANON = b"CR"
_CANON_PLACE = slice(8, 10)
_KIND, _PHOTOMETRIC, _SUB_DIRECTORIES, _DNG_VERSION = 254, 262, 330, 50706  # tags
_PREVIEW = 1  # a bit of the tag NewSubfileType
_SENSOR = (32803, 34892)  # CFA and LinearRaw


def require_not_raw(file: File, name: str) -> None:
    """Refuse a camera raw file. Other files that only have the suffix of one are left to the decoders.

    Raises: InputError: a raw file.
    """
    if _is_raw(file, name):
        raise raw_file_error(name)


def raw_file_error(name: str) -> InputError:
    """Return the error for a raw file."""
    return InputError(
        f"{name} is a camera's raw file, which holds no more than a preview for other programs: develop it first (with "
        "darktable, RawTherapee or the camera's own program), and give the TIFF or JPEG."
    )


def is_named_raw(name: str) -> bool:
    """Return whether the name has the suffix of a raw file."""
    return Path(name).suffix.lower() in _ENDINGS


def _is_raw(file: File, name: str) -> bool:
    try:
        directory = tiff_directory(file)
        if directory is None:
            return False
        preview = bool(int(directory.get(_KIND, 0)) & _PREVIEW) and _SUB_DIRECTORIES in directory
        sensor = _DNG_VERSION in directory or directory.get(_PHOTOMETRIC) in _SENSOR
    except Exception:  # damaged in some way: decoding will report it
        return is_named_raw(name)
    file.seek(0)
    canon = file.read(_CANON_PLACE.stop)[_CANON_PLACE] == _CANON
    return preview or sensor or canon or is_named_raw(name)
