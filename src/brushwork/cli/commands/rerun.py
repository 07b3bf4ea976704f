"""`brushwork rerun`: repeat a picture from what is written in it."""

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
    """Paint a picture of brushwork's once more: bit for bit the same on the same machine.

    The options, and where its photograph and paintings lay, are written in the picture. Without `-o` the result lies
    beside it, with -again in its name.

    Parameters
    ----------
    image
        A picture that brushwork painted.
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
