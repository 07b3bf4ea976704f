"""`brushwork again`: repeat a picture from what is written in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from brushwork.cli.order import Order, Pipes
from brushwork.cli.output import tell
from brushwork.cli.perform import perform
from brushwork.cli.running import Running
from brushwork.cli.targets import outputs
from brushwork.jobs import again as repeat_of


def again(picture: Path, /, *, running: Running = Running()) -> int:  # noqa: B008
    """Paint a picture of brushwork's once more: bit for bit the same on the same machine.

    The options, and where its photograph and paintings lay, are written in the picture. Without `-o` the result lies
    beside it, with -again in its name.

    Parameters
    ----------
    picture
        A picture that brushwork painted.
    """
    with Pipes() as pipes:
        given = running.output
        output = outputs(pipes.target(given), [f"{picture.stem}-again"], many=False)[0] if given else None
        job, notes = repeat_of(picture, output)
        job = replace(
            job, overwrite=running.force, pyramid=running.pyramid, max_pixels=running.max_pixels or job.max_pixels
        )
        if running.device != "auto":
            job = replace(job, device=running.device)
        for note in () if running.quiet else notes:
            tell(note)
        return perform(Order((job,), running, many=False))
