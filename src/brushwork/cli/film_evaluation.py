"""`brushwork evaluate --video`: the metrics of a film, compared with the one that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from brushwork import devices, metrics, video
from brushwork.cli.config import FLAG_ONLY
from brushwork.cli.flags import home_path
from brushwork.cli.output import log, print_json, print_result, to_json_text
from brushwork.errors import InputError, WeightsError
from brushwork.storage.atomic import atomic_write, require_writable
from brushwork.storage.folders import expand_user


@Parameter(name="*", group=Group("Films", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class FilmEvaluationFlags:
    """Flags for the evaluation of films."""

    video: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """The result is a film, or a folder of its pictures: measure how steady it is, how sharp, and how similar to the
    film that it is compared with."""

    original: Annotated[Path | None, Parameter(converter=home_path)] = None
    """With --video: the film, or the folder of pictures, that the result was made from."""

    against: Annotated[Path | None, Parameter(converter=home_path)] = None
    """With --video: another film to compare with, such as the same painted frame by frame (--consistency 0)."""

    flow: Annotated[Path | None, Parameter(converter=home_path), FLAG_ONLY] = None
    """With --video: a folder of .flo files, as brushwork video takes. Default: flow by DIS, at full size."""


def evaluate_films(
    results: tuple[str, ...],
    films: FilmEvaluationFlags,
    *,
    output: Path | None,
    json: bool,
    quiet: bool,
) -> int:
    """Evaluate one film; return the exit code.

    Raises: InputError: not one film, no original, or films of different lengths.
    """
    original = _require_one_film(results, films)
    if output is not None and output.suffix.lower() not in (".html", ".json"):
        raise InputError(f"the report is {output}: it must end in .html or .json.")
    if output is not None:
        require_writable(output, overwrite=True)
    result = video.open_clip(_require_film(expand_user(results[0]), f"brushwork evaluate {results[0]}"))
    _require_film(original, "give the film that the result was painted from")
    film = video.select_original(result, video.open_clip(original, video.rate_of_pictures(result)))
    against = films.against and _require_film(films.against, "give a film to compare with")
    other = None if against is None else video.open_clip(against)
    source = None if films.flow is None else video.FolderFlow(films.flow)
    pairs = list(video.evaluate_film(result, film, other, source, _load_distance(quiet)))
    found = video.summarize_film(pairs)
    document = found.to_json()
    if output is not None and output.suffix.lower() == ".html":
        video.write_film_report(output, found, result, film, source)
    elif output is not None:
        _write_json(output, document)
    if output is not None and not quiet:
        log(f"wrote {output}")
    if json:
        print_json(document)
    else:
        for name, value in document.items():
            if name != "pairs" and value is not None:
                print_result(f"{name.replace('_', ' ')}: {value:.5g}")
    return 0


def _require_one_film(results: Sequence[str], films: FilmEvaluationFlags) -> Path:
    """Return the original of the film.

    Raises: InputError: no film or several, or no original.
    """
    if not results:
        raise InputError("no film was given: brushwork evaluate --video RESULT --original CLIP.")
    if len(results) > 1:
        raise InputError(f"{len(results)} films were given, but they are evaluated one by one: give one of them.")
    if films.original is None:
        raise InputError(
            f"the film that {results[0]} was painted from was not given: add --original CLIP to compare them."
        )
    return films.original


def _require_film(path: Path, advice: str) -> Path:
    """Return the path of a film or of a folder of its pictures; `advice` is for a single picture.

    Raises: InputError: it is neither.
    """
    if video.is_still_picture(path):
        raise InputError(f"{path} is a still picture, and no film: {advice}")
    return path


def _load_distance(quiet: bool) -> Callable[[Any, Any], float] | None:
    """Return LPIPS in AlexNet; None if its weights are missing."""
    try:
        lpips = metrics.Lpips.load("alexnet").to(devices.select_device("cpu"))
    except WeightsError as error:
        if not quiet:
            log(f"likeness is left out: {error}")
        return None
    return lambda one, other: float(lpips(one, other))


def _write_json(path: Path, document: dict[str, Any]) -> None:
    with atomic_write(path, overwrite=True) as temporary:
        temporary.write_text(to_json_text(document), encoding="utf-8")
