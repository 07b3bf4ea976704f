"""Construction of the painter of a film's frames from the options of its job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from brushwork.choices import FlowCheck
from brushwork.controls.color import prepare_colors
from brushwork.controls.inputs import as_styles
from brushwork.controls.style_file import StyleFile
from brushwork.encoders import Encoder
from brushwork.errors import InputError, WeightsError
from brushwork.feedforward.fixed_statistics import FrameStylizer, make_frame_stylizer
from brushwork.feedforward.inference import Stylizer
from brushwork.feedforward.options import AdaINOptions, StylizeOptions
from brushwork.feedforward.stylize import ModelStylizer
from brushwork.images.geometry import Size
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import TransferOptions
from brushwork.storage.folders import expand_user
from brushwork.storage.hashing import tensors_sha256
from brushwork.types import Image
from brushwork.video.feedforward_painter import FeedForwardPainter
from brushwork.video.film_job import FilmJob
from brushwork.video.flow_files import FolderFlow, SavedFlow
from brushwork.video.frame_painter import FramePainter, ReadFrame
from brushwork.video.frame_store import FrameStore, FrameStores
from brushwork.video.keyframe_painter import KeyframePainter
from brushwork.video.multipass_painter import MultipassPainter
from brushwork.video.optical_flow import DisFlow, FlowQuality, FlowSource, NoFlow
from brushwork.video.optimized_painter import OptimizedPainter, WatchSteps
from brushwork.video.output_frames import Recolor
from brushwork.video.region_painter import RegionPainter


class PainterInputs(NamedTuple):
    """A painter's inputs from its film."""

    frames: ReadFrame
    samples: ReadFrame
    """A second reader, for the frames on which statistics are measured."""
    size: Size
    """Size of a frame."""
    stores: FrameStores
    """Stores of frames painted ahead of those that need them."""
    keyframes: Sequence[int]
    watch: WatchSteps
    """Called after every optimization step of a frame."""


class PainterSource(NamedTuple):
    """A loaded network, ready to paint the frames of a film."""

    engine: str
    weights: str
    """sha256 of the network's weights."""
    make: Callable[[PainterInputs], FramePainter]
    recolor: Recolor | None = None
    """Gives a written frame its final colors; None: the painter's frames already have them."""


def load_painter(job: FilmJob, device: torch.device, bits: int, network: Any = None) -> PainterSource:
    """Load the network of a job, for frames stored in 8 or 16 bits; `network` is one already loaded.

    Raises: InputError: unusable style images or model. WeightsError: the weights are missing.
    """
    if len(job.masks) < 2:
        return _load_one(job, device, bits, network)
    regions = [
        _load_one(replace(job, styles=(style,), method=_of_region(job, number)), device, bits, network)
        for number, style in enumerate(job.styles)
    ]

    def make(inputs: PainterInputs) -> FramePainter:
        stores = [partial(_region_stores, inputs.stores, number) for number in range(len(regions))]
        painters = (one.make(inputs._replace(stores=own)) for one, own in zip(regions, stores, strict=True))
        return RegionPainter(tuple(painters), bits)

    return regions[0]._replace(make=make)


def _of_region(job: FilmJob, number: int) -> StylizeOptions | TransferOptions:
    """Return the options for a region, with the scale of its own style image.

    Raises: InputError: there is a blend, or the number of scales is neither one nor that of the style images.
    """
    method = job.method
    if getattr(method, "style_blend", ()):
        raise InputError("masks already say which style image applies where: remove style-blend, or the masks.")
    if not isinstance(method, AdaINOptions | TransferOptions) or len(method.style_scale) == 1:
        return method
    if len(method.style_scale) != len(job.styles):
        raise InputError(
            f"{len(method.style_scale)} style scales were given for {len(job.styles)} style images: give one for each."
        )
    return replace(method, style_scale=(method.style_scale[number],))


def _region_stores(stores: FrameStores, number: int, name: str) -> FrameStore:
    return stores(f"{name}.{number}")


def _load_one(job: FilmJob, device: torch.device, bits: int, network: Any) -> PainterSource:
    styles = tuple(_move(style, device) for style in as_styles(list(job.styles))) if job.styles else ()
    if isinstance(job.method, StylizeOptions):
        stylizer = replace(network, options=job.method) if network else job.method.load_stylizer(device)
        return _feedforward(job, job.method, styles, stylizer)
    return _make_optimized(job, job.method, styles, network or load_encoder_for(job.method, device), bits)


def _feedforward(
    job: FilmJob, options: StylizeOptions, styles: tuple[Image | StyleFile, ...], stylizer: Stylizer
) -> PainterSource:
    if isinstance(stylizer, ModelStylizer) and stylizer.model.spec.scale != 1:
        raise InputError(f"{stylizer.name} enlarges pictures and cannot stylize films: use --instant or another model.")

    def make(inputs: PainterInputs) -> FramePainter:
        _, prepared = prepare_colors(options, inputs.samples(0), styles)
        frame_stylizer, flow = make_frame_stylizer(stylizer, prepared, inputs.size), make_flow(job, "medium")
        return FeedForwardPainter(inputs.frames, inputs.samples, frame_stylizer, flow, options, job.film)

    return PainterSource(stylizer.engine, tensors_sha256(stylizer.weights()), make)


def _make_optimized(
    job: FilmJob, options: TransferOptions, styles: tuple[Image | StyleFile, ...], encoder: Encoder, bits: int
) -> PainterSource:
    def make(inputs: PainterInputs) -> FramePainter:
        frames, stores, own = inputs.frames, inputs.stores, job.optimized
        flow, fill = make_flow(job, "best", own.reliability), _fill(styles, options, inputs.size, encoder)
        painter = OptimizedPainter(frames, styles, options, own, encoder, flow, fill, inputs.watch)
        if own.passes > 1:
            return MultipassPainter(painter, own.passes, stores, bits)
        return KeyframePainter(painter, inputs.keyframes, stores("key"), bits) if job.has_keyframes else painter

    recolor = options.postprocess if options.recolors_result else None
    return PainterSource(encoder.engine, encoder.weights_sha256(), make, recolor)


def _fill(
    styles: tuple[Image | StyleFile, ...], options: TransferOptions, size: Size, encoder: Encoder
) -> FrameStylizer | None:
    """Return the stylizer of new parts of optimized frames; None without style images or if weights are missing."""
    pictures = [one for one in styles if not isinstance(one, StyleFile)]
    blend, scale = (_of_pictures(each, styles) for each in (options.style_blend, options.style_scale))
    if not pictures or (blend and not any(blend)):
        return None
    adain = AdaINOptions(size="full", measure=options.measure, style_blend=blend, style_scale=scale)
    try:
        stylizer = adain.load_stylizer(encoder.preprocess.mean.device)
    except WeightsError:
        return None
    return make_frame_stylizer(stylizer, pictures, size)


def _of_pictures(each: tuple[float, ...], styles: tuple[Image | StyleFile, ...]) -> tuple[float, ...]:
    """Return only the values for style images, if there is one value per style; otherwise, return them unchanged."""
    if len(each) != len(styles):
        return each
    return tuple(value for value, style in zip(each, styles, strict=True) if not isinstance(style, StyleFile))


def make_flow(job: FilmJob, quality: FlowQuality, check: FlowCheck = "strict") -> FlowSource:
    """Return the source of a job's optical flow, which also writes the flow if requested.

    Raises: InputError: the flow is neither dis nor none nor a folder.
    """
    source = _open_flow(job.film.flow, quality, check)
    return source if job.save_flow is None else SavedFlow(source, expand_user(job.save_flow))


def _open_flow(name: str, quality: FlowQuality, check: FlowCheck) -> FlowSource:
    if name == "dis":
        return DisFlow(quality, check)
    if name == "none":
        return NoFlow()
    folder = expand_user(Path(name))
    if not folder.is_dir():
        raise InputError(f"flow is {name}: it must be dis, none, or a folder of .flo files.")
    return FolderFlow(folder, check)


def _move(style: Image | StyleFile, device: torch.device) -> Image | StyleFile:
    return style.to(device)


def with_engine(job: FilmJob, engine: Any) -> FilmJob:
    """Return the job with the execution engine used before."""
    return replace(job, method=replace(job.method, engine=engine))
