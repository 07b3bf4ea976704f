"""Train a model in one call from Python, as `brushwork train` does."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import cast

from brushwork.choices import DeviceName
from brushwork.jobs.events import Finished, JobEvent
from brushwork.options import require_callback
from brushwork.storage.folders import PathInput, require_path
from brushwork.training.config import TrainingConfig
from brushwork.training.options import TrainingOptions
from brushwork.training.run import train_model


def train(
    styles: PathInput | Sequence[PathInput],
    options: TrainingOptions,
    *,
    output: PathInput,
    dataset: PathInput | None = None,
    init: str = "",
    name: str = "",
    license: str = "",
    device: DeviceName = "auto",
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_every: float | None = 60.0,
    on_event: Callable[[JobEvent], object] | None = None,
) -> Finished:
    """Train a model on style images and a folder of photographs, and return the last event, with the model's path.

    The type of the options selects the network, as in `brushwork train`. Losses and validation images are written
    beside the output, as is a checkpoint every `checkpoint_every` seconds (None: only when interrupted). An
    interruption keeps the model so far; with `resume`, training ends bit for bit as if it had never been interrupted.
    `init` is the file or name of a Johnson model to initialize from. `on_event` receives every event; an exception that
    it raises ends training, as Ctrl-C does.

    Raises: InputError: unusable options, images or output; a checkpoint of another training.
        WeightsError: the encoder's weights are missing. BrushworkError: a loss is not finite.
    """
    several = styles if isinstance(styles, list | tuple) else [cast("PathInput", styles)]
    config = TrainingConfig(
        options=options,
        output=require_path(output, "the output"),
        photos=None if dataset is None else require_path(dataset, "the dataset"),
        styles=tuple(require_path(one, "a style image") for one in several),
        init=init,
        name=name,
        license=license,
        overwrite=overwrite,
        resume=resume,
        checkpoint_every=checkpoint_every,
    )
    require_callback(on_event)
    with closing(cast("Generator[JobEvent]", train_model(config, device=device))) as events:
        for event in events:
            if on_event is not None:
                on_event(event)
    return cast("Finished", event)
