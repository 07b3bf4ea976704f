"""`brushwork evaluate`: metrics of results against their content and style images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from brushwork import devices, images, jobs, metrics
from brushwork.cli.config import FLAG_ONLY
from brushwork.cli.evaluation_cases import EvaluationCase, find_case
from brushwork.cli.film_evaluation import FilmEvaluationFlags, evaluate_films
from brushwork.cli.flags import OUTPUT, PICTURES, home_path, parse_integer
from brushwork.cli.metrics_table import print_metrics
from brushwork.cli.output import (
    Row,
    exit_code_for,
    format_error,
    log,
    print_failure,
    print_json,
    require_table,
    write_table,
)
from brushwork.cli.paths import has_folder, list_images, require_no_film
from brushwork.cli.run_flags import Device, Flag, Quiet, Threads
from brushwork.errors import BrushworkError, InputError
from brushwork.options.validation import require_option

if TYPE_CHECKING:
    import torch

_NETWORKS = ("vgg16", "alexnet")
"""Default networks; the first that made none of the results is used. Most results are made with VGG-19."""


def evaluate(
    *results: str,
    content: Annotated[Path | None, Parameter(group=PICTURES)] = None,
    style: Annotated[Path | None, Parameter(group=PICTURES), FLAG_ONLY] = None,
    films: FilmEvaluationFlags = FilmEvaluationFlags(),  # noqa: B008
    network: Annotated[str | None, FLAG_ONLY] = None,
    size: Annotated[int, Parameter(converter=parse_integer), FLAG_ONLY] = metrics.EVALUATION_SIZE,
    output: Annotated[
        Path | None, Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar="FILE"), FLAG_ONLY
    ] = None,
    json: Flag = False,
    quiet: Annotated[Quiet, Parameter(help="Print only errors and the metrics.")] = False,
    device: Device = "auto",
    threads: Threads = None,
) -> int:
    """Measure how close results are to their content and style images, in networks not used to make them.

    `brushwork evaluate out.png` reads the content and style image from the result's metadata. Results of models need
    `--style`, textures `--content`, and images of other programs both. Learned perceptual distance (LPIPS in AlexNet
    and VGG-16), SSIM, PSNR, and distances of content, Gram matrices, moments, distributions and colors; 0 is perfect,
    except for SSIM and PSNR.

    Parameters
    ----------
    results
        Results: files or folders.
    content
        The content image; default: the one in each result's metadata.
    style
        The style image; default: the one in each result's metadata.
    network
        Network in which content and style are measured; choose one that the results were not made with. Default:
        vgg16, or alexnet if a result was made with vgg16.
    size
        Long side in pixels at which results are measured; they are never enlarged.
    output
        Write the table to this file: .md, .csv or .json; of a film, the report: .html or .json.
    json
        Print the metrics as one JSON document.
    """
    if films.video:
        devices.set_threads(threads)
        return evaluate_films(results, films, output=output, json=json, quiet=quiet)
    if not results:
        raise InputError("no result was given: brushwork evaluate RESULT --content PHOTO --style PAINTING")
    require_option(size > 0, "size", size, "1 pixel or more")
    if output is not None:
        require_table(output)
    devices.set_threads(threads)
    paths = list_images(results, quiet=quiet)
    report = EvaluationReport(is_batch=len(paths) > 1 or has_folder(results))
    cases: list[EvaluationCase] = []
    for path in paths:
        with report.collect_error(path):
            require_no_film(path, f"brushwork evaluate --video {path} --original CLIP")
            cases.append(find_case(path, content, style))
    if cases:
        _measure(cases, report, network, size, devices.select_device(device), quiet=quiet)
    if output is not None and report.rows:
        write_table(report.rows, output)
        if not quiet:
            log(f"wrote {output}")
    _print(report, json)
    return report.code


@dataclass
class EvaluationReport:
    """The rows of results, and the errors of others. The error of a single result ends the command."""

    is_batch: bool
    """Whether there may be several results."""
    rows: list[Row] = field(default_factory=list)
    errors: list[Row] = field(default_factory=list)
    code: int = 0
    """Exit code: the highest of all errors."""

    @contextmanager
    def collect_error(self, path: Path) -> Iterator[None]:
        """Print and keep the error of one of several results, so that the others are evaluated."""
        try:
            yield
        except BrushworkError as error:
            if not self.is_batch:
                raise
            message = format_error(error)
            print_failure(message if path.name in message else f"{path.name}: {message}")
            self.errors.append({"result": str(path), "error": message})
            self.code = max(self.code, exit_code_for(error))


def _measure(
    cases: Sequence[EvaluationCase],
    report: EvaluationReport,
    network: str | None,
    size: int,
    place: torch.device,
    *,
    quiet: bool,
) -> None:
    """Add the metrics of every case to the report; `network` None: one that made none of the results.

    Raises: InputError, WeightsError: a network that cannot be used, or a single result that cannot be evaluated.
    """
    models = [_model(path) for path, *_ in cases]
    evaluator = metrics.Evaluator.load(network or _choose_network(models), place)
    for case, model in zip(cases, models, strict=True):
        with report.collect_error(case.result):
            if not quiet:
                _log_case(case, model, evaluator.encoder.name)
            found, content_image, style_image = (images.read_image(path).image.to(place) for path in case)
            found_metrics = evaluator(found, content=content_image, style=style_image, size=size)
            report.rows.append({name: str(path) for name, path in case._asdict().items()} | asdict(found_metrics))


def _model(path: Path) -> str | None:
    """Return the network that an image was made with, if its metadata says so."""
    with suppress(InputError):
        return jobs.read_network(path)
    return None


def _choose_network(models: Sequence[str | None]) -> str:
    """Return one network for all results, which made none of them; metrics of two networks are not comparable."""
    return next((one for one in _NETWORKS if not any(_same(one, model) for model in models)), _NETWORKS[0])


def _same(network: str, model: str | None) -> bool:
    """Return whether two names are the same architecture, such as vgg19 and vgg19-normalized."""
    return model is not None and network.partition("-")[0] == model.partition("-")[0]


def _log_case(case: EvaluationCase, model: str | None, network: str) -> None:
    """Log what is evaluated, and whether it was made with the network that evaluates it."""
    log(f"comparing {case.result} with {case.content_image.name} and {case.style_image.name}")
    if _same(network, model):
        log(
            f"note: {case.result.name} was optimized with {model}, so its distances in {model} are biased: use "
            "another --network."
        )


def _print(report: EvaluationReport, json: bool) -> None:
    if json:
        print_json([*report.rows, *report.errors])
    elif report.rows:
        print_metrics(report.rows)
