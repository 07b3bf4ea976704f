"""Train a model from files to a file: the task for the options, its data, and the training loop."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

import torch

from brushwork.choices import DeviceName
from brushwork.devices.select import select_device
from brushwork.distributed.process_group import ProcessGroup
from brushwork.errors import InputError, StopSignalError
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.jobs.events import JobEvent, Note
from brushwork.options import name_given
from brushwork.training.config import TrainingConfig
from brushwork.training.dataset import list_photos
from brushwork.training.finished import find_checkpoint, find_finished
from brushwork.training.options import TrainingOptions
from brushwork.training.provenance import describe_training
from brushwork.training.task import TrainingTask
from brushwork.training.tasks.gallery import (
    make_gallery_task,
    make_style_task,
    require_same_architecture,
    with_one_style,
)
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions, StyleTrainingOptions
from brushwork.training.tasks.johnson import make_johnson_task, with_model_architecture
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.training.tasks.mgan_data import make_mgan_task
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from brushwork.training.tasks.style_images import make_thumbnail, read_patches
from brushwork.training.tasks.super_resolution import make_super_resolution_task
from brushwork.training.tasks.super_resolution_options import SuperResolutionTrainingOptions
from brushwork.training.tasks.texture_net import make_texture_net_task
from brushwork.training.tasks.texture_net_options import TextureNetTrainingOptions
from brushwork.training.trainer import train_task
from brushwork.types import Image


class TrainingFamily(NamedTuple):
    """A model family: its name, and the builder of its task."""

    name: str
    make_task: Callable[
        [TrainingConfig, Sequence[Image], torch.device, StyleModel | None],
        TrainingTask | Generator[JobEvent, None, TrainingTask],
    ]
    """Builds the task from the configuration, the style images and the model to initialize from, if there is one; a
    generator yields events on the way."""


@torch.inference_mode(False)
def train_model(
    config: TrainingConfig,
    *,
    device: DeviceName = "auto",
    group: ProcessGroup | None = None,
    should_stop: Callable[[], int] = int,
) -> Iterator[JobEvent]:
    """Train a model of the options' family and write it; `train_task` describes the events and resuming.

    MGAN's targets are optimized first, with notes and `Progress` events; finished ones are kept.

    Raises: InputError: unusable options, images or output; a checkpoint of another training.
        WeightsError: the encoder's weights are missing. BrushworkError: a loss is not finite.
    """
    config.require_output()
    on = select_device(device)
    if config.photos is not None and (note := list_photos(config.photos).note):
        yield Note(note)
    _require_options(config.options, len(config.styles))
    config, init = _with_init(config)
    options, family = config.options, FAMILIES[type(config.options)]
    styles = read_patches(config.styles, getattr(options, "patch", ""))
    config = replace(
        config,
        about=describe_training(family.name, options, styles=config.styles, photos=config.photos, init=init),
        style=make_thumbnail(styles) if styles else None,
    )
    if finished := find_finished(config):
        yield Note(f"{config.output} is already finished: nothing was trained.")
        yield finished
        return
    if config.resume and find_checkpoint(config) is None:  # before targets are painted
        what = "is of another training, or damaged" if config.checkpoint.exists() else "does not exist"
        yield Note(f"{config.checkpoint} {what}: the training starts from the beginning.")
    made = family.make_task(config, styles, on, init)
    task = (yield from _stoppable(made, should_stop)) if isinstance(made, Generator) else made
    yield from train_task(task, config, on, group, should_stop)


def _stoppable(
    events: Generator[JobEvent, None, TrainingTask], should_stop: Callable[[], int]
) -> Generator[JobEvent, None, TrainingTask]:
    """Yield the events; on a signal, raise between two of them. Raises: StopSignalError."""
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                task: TrainingTask = end.value
                return task
            yield event
            if signal := should_stop():
                raise StopSignalError(signal)


def _with_init(config: TrainingConfig) -> tuple[TrainingConfig, StyleModel | None]:
    """Return the configuration with the architecture of the model to initialize from, and that model.

    Raises: InputError: the model is of another kind, or has other styles.
    """
    init, options = load_model(config.init) if config.init else None, config.options
    match options:
        case _ if init is None:
            return config, None
        case JohnsonTrainingOptions():
            return replace(config, options=with_model_architecture(options, init, ())), init
        case GalleryTrainingOptions():
            require_same_architecture(init, options.architecture(config.style_names))
        case StyleTrainingOptions():
            with_one_style(init, "style")
        case _:
            raise InputError("only johnson models and galleries can be initialized from another model: remove init.")
    return config, init


def _require_options(options: TrainingOptions, styles: int) -> None:
    """Raise unless the options belong to a family and fit the number of style images. Raises: InputError."""
    if type(options) not in FAMILIES:
        known = ", ".join(kind.__name__ for kind in FAMILIES)
        raise InputError(f"{name_given('options', options)}: give the options of a training, one of {known}.")
    if isinstance(options, StyleTrainingOptions) and styles != 1:
        raise InputError(f"{styles} style images were given, but one more style is learned from one: give one of them.")
    weights = len(getattr(options, "style_blend", ()))
    if weights and weights != styles:
        raise InputError(f"style-blend has {weights} weights for {styles} pictures: give one for each.")


FAMILIES: Mapping[type[TrainingOptions], TrainingFamily] = {
    GalleryTrainingOptions: TrainingFamily("gallery", make_gallery_task),
    JohnsonTrainingOptions: TrainingFamily("johnson", make_johnson_task),
    MGANTrainingOptions: TrainingFamily("mgan", make_mgan_task),
    StyleTrainingOptions: TrainingFamily("style", make_style_task),
    SuperResolutionTrainingOptions: TrainingFamily("super-resolution", make_super_resolution_task),
    TextureNetTrainingOptions: TrainingFamily("texture", make_texture_net_task),
}
"""The model family of each kind of training options."""
