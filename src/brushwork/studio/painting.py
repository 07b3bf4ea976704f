"""From a request to the events of a job: the one place where the studio meets `brushwork.jobs`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import get_ident

import torch

from brushwork.devices.select import select_device
from brushwork.encoders import Encoder
from brushwork.errors import InputError, suggest_names
from brushwork.feedforward import (
    AdaINOptions,
    AdaINStylizer,
    ModelOptions,
    ModelStylizer,
    Stylizer,
    list_models,
)
from brushwork.images import Size, read_image, resize, write_image
from brushwork.images.color import oklab_to_srgb, srgb_to_oklab
from brushwork.jobs import Job, JobEvent, JobOptions, run_job
from brushwork.options.encoder import encoder_key, load_encoder_for
from brushwork.recipes import RecipeOptions, load_preset
from brushwork.storage.atomic import link_or_copy
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.request_options import make_options
from brushwork.types import Image

CHECKPOINT_EVERY = 20.0
"""Seconds between checkpoints: the most that the loss of a worker costs."""

_PREVIEW_SIDE = 1024
"""Longest side of a preview in pixels."""

_PREVIEW_QUALITY = 85


@dataclass
class LoadedNetworks:
    """The last used networks, kept in memory between jobs."""

    device: torch.device = field(default_factory=lambda: select_device("auto"))
    checkpoint_every: float = CHECKPOINT_EVERY
    _encoders: dict[object, Encoder] = field(default_factory=dict)
    _adain: AdaINStylizer | None = None
    _model: ModelStylizer | None = None

    def encoder(self, options: RecipeOptions) -> Encoder:
        """Return the encoder that the options name."""
        key = encoder_key(options)
        if key not in self._encoders:
            for other in list(self._encoders)[1:]:  # the first is that of cards and drafts
                del self._encoders[other]  # before the next is loaded
            self._encoders[key] = load_encoder_for(options, "cpu", computes_on=self.device)
        return self._encoders[key]

    def network(self, options: JobOptions) -> Encoder | Stylizer | None:
        """Return the network that the options name; None: the job loads it itself."""
        if isinstance(options, RecipeOptions):
            return self.encoder(options)
        if isinstance(options, AdaINOptions):
            if self._adain is None or self._adain.options.engine != options.engine:
                self._adain = options.load_stylizer(self.device)
            return replace(self._adain, options=options)
        if isinstance(options, ModelOptions):
            if self._model is None or self._model.options.model != options.model:
                self._model = _load_known_model(options, self.device)
            return replace(self._model, options=options)
        return None

    def load(self) -> None:
        """Load the networks of cards, drafts and most paintings before they are needed."""
        self.encoder(load_preset("default")).weights_sha256()


def run_request(
    request: PaintingRequest,
    folder: StudioFolder,
    output: Path,
    networks: LoadedNetworks,
    *,
    resume: bool,
    finish: bool = False,
    look: Callable[[], None] = lambda: None,
) -> Generator[JobEvent]:
    """Run a request to an output file, through `brushwork.jobs`; yield the events of `run_job`.

    `finish`: paint nothing more, and write the image so far at the size of the result. `look` is called before each
    pass through the network, from the preparation on; an exception that it raises ends the run as Ctrl-C does.

    Raises: InputError, WeightsError, OutOfMemoryError, DivergedError: as `run_job`.
    """
    job = _make_job(request, folder, output)
    network = networks.network(job.options)
    every = networks.checkpoint_every
    with _called_before(network, look):
        yield from run_job(job, resume=resume, finish=finish, checkpoint_every=every, network=network)


@contextmanager
def _called_before(network: object, look: Callable[[], None]) -> Iterator[None]:
    """Context manager in which a function is called before each pass of this thread through an encoder on the CPU."""
    if not isinstance(network, Encoder) or network.preprocess.mean.device.type != "cpu":  # others are quick
        yield
        return
    thread = get_ident()  # a card may be painted by the same network in the meantime
    handle = network.register_forward_pre_hook(lambda *_: look() if get_ident() == thread else None)
    try:
        yield
    finally:
        handle.remove()


def blend_images(content: Path, painted: Path, strength: float, output: Path) -> None:
    """Write the mixture of a photograph and its painting, in Oklab; `strength` 1 is the painting.

    Raises: InputError: an image cannot be used.
    """
    over = read_image(painted)
    under = resize(read_image(content).image, Size.of(over.image), clamp=True)
    mixed = torch.lerp(srgb_to_oklab(under), srgb_to_oklab(over.image), strength)
    write_image(oklab_to_srgb(mixed).clamp(0, 1), output, alpha=over.alpha, overwrite=True)


def write_preview(image: Image, path: Path) -> None:
    """Write an image as a preview for the page."""
    size = Size.of(image)
    if max(size) > _PREVIEW_SIDE:
        scale = _PREVIEW_SIDE / max(size)
        image = resize(image, Size(round(size.height * scale), round(size.width * scale)), clamp=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(image.cpu(), path, quality=_PREVIEW_QUALITY, overwrite=True)


def link_checkpoint(before: Path, output: Path) -> bool:
    """Give this attempt the checkpoint of the one before; return whether there is one."""
    checkpoint = before.with_name(f"{output.name}.checkpoint")
    with suppress(FileNotFoundError, FileExistsError):
        link_or_copy(checkpoint, output.with_name(checkpoint.name))
    return output.with_name(checkpoint.name).exists()


def _load_known_model(options: ModelOptions, device: torch.device) -> ModelStylizer:
    """Load a model of `list_models` onto a device: clients open no other files of this machine.

    Raises: InputError: there is no model of this name, or it cannot be used.
    """
    known = list_models()
    if options.model not in known:
        raise InputError(f"there is no model {options.model!r}. {suggest_names(options.model, known)}")
    path = str(known[options.model])
    try:
        return replace(replace(options, model=path).load_stylizer(device), options=options)
    except InputError as error:
        raise InputError(str(error).replace(path, options.model)) from error


def _make_job(request: PaintingRequest, folder: StudioFolder, output: Path) -> Job:
    return Job(
        options=make_options(request),
        init=folder.stored(request.start) if request.start else None,
        content=folder.stored(request.content),
        styles=tuple(map(folder.stored, request.paintings)),
        regions=tuple(tuple(map(folder.stored, masks)) for masks in request.regions),
        output=output,
        overwrite=True,
    )
