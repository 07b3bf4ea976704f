"""From a request to the events of a film: where the studio meets `brushwork.video`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

from brushwork.errors import InputError
from brushwork.feedforward.options import StylizeOptions
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.painting import LoadedNetworks
from brushwork.studio.request_options import make_options
from brushwork.video import FilmEvent, FilmJob, run_film


def run_film_request(
    request: PaintingRequest,
    folder: StudioFolder,
    output: Path,
    networks: LoadedNetworks,
    *,
    resume: bool,
    finish: bool = False,
) -> Generator[FilmEvent]:
    """Run a request for a film to an output file; yield the events of `run_film`.

    `finish`: paint nothing, and end the film with the frames that are there.

    Raises: InputError, WeightsError, OutOfMemoryError: as `run_film`.
    """
    method = make_options(request)
    if not isinstance(method, StylizeOptions):
        raise InputError("a film is painted by AdaIN or by a model.")
    job = FilmJob(
        clip=folder.stored(request.content),
        styles=tuple(map(folder.stored, request.paintings)),
        output=output,
        method=method,
        overwrite=True,
    )
    yield from run_film(job, resume=resume, finish=finish, network=networks.network(method))


def take_frames(before: Path, output: Path) -> bool:
    """Give this attempt the frames of the one before; return whether there are any."""
    kept = before.with_name(f"{output.name}.unfinished")
    with suppress(FileNotFoundError):
        kept.rename(output.with_name(kept.name))
    return output.with_name(kept.name).exists()
