"""Run a job in one call from Python, as `brushwork paint`, `texture` and `reconstruct` do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import cast

from brushwork.choices import DeviceName
from brushwork.jobs.events import Finished, JobEvent
from brushwork.jobs.job import Job, JobOptions
from brushwork.jobs.run import CHECKPOINT_EVERY, run_job
from brushwork.options import require_callback
from brushwork.recipes import load_preset
from brushwork.storage.folders import PathInput, require_path

_INSTEAD = ", or use brushwork.transfer or brushwork.stylize, which take images"


def paint(
    content: PathInput | None = None,
    styles: PathInput | Sequence[PathInput] = (),
    options: JobOptions | None = None,
    *,
    output: PathInput,
    init: PathInput | None = None,
    regions: PathInput | Sequence[PathInput | tuple[PathInput, PathInput]] = (),
    device: DeviceName = "auto",
    overwrite: bool = False,
    resume: bool = False,
    memory: int | None = None,
    checkpoint_every: float | None = CHECKPOINT_EVERY,
    pyramid: bool = False,
    max_pixels: int | None = None,
    on_event: Callable[[JobEvent], object] | None = None,
) -> Finished:
    """Run a job from files to a file, and return its last event: the path, losses, iterations, seconds and notes.

    The type of the options selects the recipe or the kind of feed-forward network; without options, it is style
    transfer with the default preset. Textures of models (`TextureModelOptions`) have no content image. Nothing is
    lost: a checkpoint is written beside the output every `checkpoint_every` seconds, an interruption keeps the image so
    far, and with `resume` the job ends bit for bit as if it had never been interrupted. The image holds a manifest from
    which `brushwork rerun` repeats it.

    `regions` is one mask of the content, several, or pairs of a mask of the content and one of a style image.
    `on_event` receives every event: `Started`, `Progress` with the image so far, `Note`, `Advanced`; an exception that
    it raises ends the job, as Ctrl-C does. `memory` is in bytes.

    Raises:
        InputError: images, options or an output that cannot be used; a checkpoint of another job.
        WeightsError: the network's weights are missing.
        OutOfMemoryError: the job does not fit; carries the size that does.
        DivergedError: the optimization diverged for good; the best image is at the output.
    """
    several = styles if isinstance(styles, list | tuple) else [cast("PathInput", styles)]
    parts = regions if isinstance(regions, list | tuple) else [cast("PathInput", regions)]
    masks = [one if isinstance(one, list | tuple) else (one,) for one in parts]
    job = Job(
        options=load_preset("default") if options is None else options,
        content=None if content is None else require_path(content, "the content image", _INSTEAD),
        styles=tuple(require_path(one, "a style image", _INSTEAD) for one in several),
        regions=tuple(tuple(require_path(one, "a mask") for one in pair) for pair in masks),
        init=None if init is None else require_path(init, "the initial image"),
        output=require_path(output, "the output"),
        device=device,
        overwrite=overwrite,
        pyramid=pyramid,
        max_pixels=max_pixels,
    )
    require_callback(on_event)
    events = run_job(job, resume=resume, memory=memory, checkpoint_every=checkpoint_every)
    with closing(cast("Generator[JobEvent]", events)):
        for event in events:
            if on_event is not None:
                on_event(event)
    return cast("Finished", event)
