"""`brushwork rerun`: repeat a run from the metadata of its image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from brushwork.cli.execute import execute
from brushwork.cli.output import log
from brushwork.cli.paths import output_paths
from brushwork.cli.request import Request, StdStreams
from brushwork.cli.run_flags import RunFlags
from brushwork.jobs import job_from_image as repeat_of


def rerun(image: Path, /, *, flags: RunFlags = RunFlags()) -> int:  # noqa: B008
    """Repeat the run that produced an image: bit for bit the same on the same machine.

    The options and the paths of the input images are in the image's metadata. Without `-o` the result is written
    beside it, with -again in its name.

    Parameters
    ----------
    image
        An image that brushwork wrote.
    """
    with StdStreams() as pipes:
        given = flags.output
        output = output_paths(pipes.output_path(given), [f"{image.stem}-again"], many=False)[0] if given else None
        job, notes = repeat_of(image, output)
        job = replace(job, overwrite=flags.force, pyramid=flags.pyramid, max_pixels=flags.max_pixels or job.max_pixels)
        if flags.device != "auto":
            job = replace(job, device=flags.device)
        for note in () if flags.quiet else notes:
            log(note)
        return execute(Request((job,), flags, is_batch=False))
