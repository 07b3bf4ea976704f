"""`brushwork rerun`: repeat a run from the metadata of its image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from brushwork import jobs
from brushwork.cli.execute import execute
from brushwork.cli.output import log
from brushwork.cli.paths import has_folder, is_folder_name, require_no_film
from brushwork.cli.request import Request, StdStreams
from brushwork.cli.run_flags import RunFlags
from brushwork.storage.folders import expand_user


def rerun(image: Path, /, *, flags: RunFlags = RunFlags()) -> int:  # noqa: B008
    """Repeat the run that produced an image: bit for bit the same on the same machine.

    The options and the paths of the input images are in the image's metadata. The result of out.png is written beside
    it, as out-rerun.png; with `-o FOLDER/`, to FOLDER/out.png.

    Parameters
    ----------
    image
        An image that brushwork wrote.
    """
    require_no_film(image, "films cannot be rerun; repeat the command that painted it, brushwork video CLIP PAINTING.")
    with StdStreams() as pipes:
        job, notes = jobs.job_from_image(
            image, _output(pipes.output_path(flags.output), image) if flags.output else None
        )
        job = replace(job, overwrite=flags.force, pyramid=flags.pyramid, max_pixels=flags.max_pixels or job.max_pixels)
        if flags.device != "auto":
            job = replace(job, device=flags.device)
        for note in () if flags.quiet else notes:
            log(note)
        return execute(Request((job,), flags, is_batch=False))


def _output(given: str, image: Path) -> Path:
    """Return the output file; in a folder, it gets the image's own name."""
    path = expand_user(given)
    return path / image.name if is_folder_name(given) or has_folder([given]) else path
