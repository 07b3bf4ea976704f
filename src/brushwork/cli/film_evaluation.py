"""`brushwork evaluate --video`: the metrics of a film, beside the one that it was made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from brushwork import devices, metrics, video
from brushwork.cli.flags import home_path
from brushwork.cli.output import log, print_json, print_result, to_json_text
from brushwork.errors import InputError, WeightsError
from brushwork.storage.atomic import atomic_write
from brushwork.storage.folders import expand_user


@Parameter(name="*", group=Group("Films", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class FilmEvaluationFlags:
    """Flags for the evaluation of films."""

    video: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """The result is a film: measure how steady it is, how sharp, and how like the film it is compared with."""

    original: Annotated[Path | None, Parameter(converter=home_path)] = None
    """With --video: the film that the result was made of."""

    against: Annotated[Path | None, Parameter(converter=home_path)] = None
    """With --video: another film to compare with, such as the same painted frame by frame (--consistency 0)."""

    flow: Annotated[Path | None, Parameter(converter=home_path)] = None
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
    if len(results) != 1 or films.original is None:
        raise InputError("films are evaluated one by one: brushwork evaluate --video RESULT --original CLIP.")
    if output is not None and output.suffix.lower() not in (".html", ".json"):
        raise InputError(f"the report is {output}: it must end in .html or .json.")
    result = video.open_clip(expand_user(results[0]))
    film = video.select_original(result, video.open_clip(expand_user(films.original)))
    other = None if films.against is None else video.open_clip(films.against)
    source = None if films.flow is None else video.FolderFlow(films.flow)
    pairs = list(video.evaluate_film(result, film, other, source, _load_distance(quiet)))
    found = video.summarize_film(pairs)
    document = found.to_json()
    if output is not None and output.suffix.lower() == ".html":
        video.write_film_report(output, found, result, film, source)
    elif output is not None:
        _write_json(output, document)
    if json:
        print_json(document)
    else:
        for name, value in document.items():
            if name != "pairs" and value is not None:
                print_result(f"{name.replace('_', ' ')}: {value:.5g}")
    return 0


def _load_distance(quiet: bool) -> Callable[[Any, Any], float] | None:
    """Return LPIPS in AlexNet; None where its weights are missing."""
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
