"""The images that a result is compared with: those given, or those that its metadata names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from brushwork import jobs
from brushwork.cli.paths import shorten_path
from brushwork.errors import InputError
from brushwork.storage.file_names import STYLE_ENDING
from brushwork.storage.folders import expand_user


class EvaluationCase(NamedTuple):
    """A result with the content and style image to compare it with."""

    result: Path
    content_image: Path
    style_image: Path


def find_case(path: Path, content: Path | None, style: Path | None) -> EvaluationCase:
    """Return the case of a result; images not given are taken from its metadata.

    Raises: InputError: there is no metadata, or it does not name one content image and one style image.
    """
    if content is None or style is None:
        origin = _read_origin(path)
        content, style = content or origin.content, style or _only_style(path, origin.styles)
    if content is None or style is None:
        raise _missing_image_error(path, content, style)
    if style.suffix.lower() == STYLE_ENDING:
        raise InputError(
            f"the style of {path} is the style file {style.name}, which holds no picture: give --style PAINTING."
        )
    return EvaluationCase(path, shorten_path(content), shorten_path(style))


def _read_origin(path: Path) -> jobs.ImageOrigin:
    """Return the files that a result was made from.

    Raises: InputError: it does not name them, or they are not found.
    """
    try:
        return jobs.read_origin(path)
    except InputError as error:
        if not expand_user(path).exists():
            raise
        raise InputError(
            f"{error} Or give the images to compare {path.name} with: --content PHOTO --style PAINTING."
        ) from error


def _only_style(path: Path, styles: Sequence[Path]) -> Path | None:
    """Return the style image of a result; None: it has none.

    Raises: InputError: there are several.
    """
    if len(styles) > 1:
        raise InputError(f"{path} was made with {len(styles)} style images: choose one of them with --style.")
    return styles[0] if styles else None


def _missing_image_error(path: Path, content: Path | None, style: Path | None) -> InputError:
    """Return the error for a result of a model or a texture, whose content or style image is not on file."""
    images = {"a content image": content, "a style image": style}
    flags = {"--content PHOTO": content, "--style PAINTING": style}
    missing, given = ([name for name, one in names.items() if one is None] for names in (images, flags))
    note = " (the style's distances do not depend on the content image)" if content is None else ""
    return InputError(
        f"{path} was made without {' and '.join(missing)}: give what to compare it with: {' '.join(given)}{note}."
    )
