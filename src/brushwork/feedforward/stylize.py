"""Stylization with a style model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Self, cast

import torch
from torch import Tensor

from brushwork.choices import Engine
from brushwork.controls.inputs import RecipeInputs
from brushwork.devices.meter import to_meta
from brushwork.encoders.backends import choose_engine
from brushwork.errors import InputError
from brushwork.feedforward.inference import PartialResult, run_stylizer
from brushwork.feedforward.model import StyleModel, load_model
from brushwork.feedforward.options import FeedForwardOptions, ModelOptions
from brushwork.feedforward.style_blend import style_blend
from brushwork.feedforward.tiling.exact_norm import STRIP, ExactNormPass, make_buffers
from brushwork.feedforward.tiling.frozen_norm import measure_statistics, stylize_tiled
from brushwork.feedforward.tiling.graph import UntraceableError
from brushwork.feedforward.tiling.trace import Network, trace_network
from brushwork.images.color_transfer import match_histogram
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput, as_image
from brushwork.images.resample import resize
from brushwork.options import require_options
from brushwork.storage.file_names import to_command_line
from brushwork.storage.folders import PathInput
from brushwork.types import Image

_LARGE = 2**23
"""Minimum bytes of a feature map stored in a file, if memory is limited."""

_FREE = 1024
"""Side of tiles with frozen statistics in pixels, if memory is not limited."""


@dataclass(frozen=True)
class LoadedModel:
    """A model on its device; the common part of its stylizers."""

    options: FeedForwardOptions
    model: StyleModel
    engine: Engine = "plain"
    """Implementation of the convolutions on CPUs."""

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.model.name

    @property
    def fastest_tile(self) -> None:
        """None: the whole image is as fast as any tiling, since it too is computed in strips."""
        return None

    def weights(self) -> Mapping[str, Tensor]:
        """Return the weights."""
        return self.model.network.state_dict()

    def to_meta(self) -> Self:
        """Return a copy on the `meta` device, without values."""
        return replace(self, model=replace(self.model, network=to_meta(self.model.network)))


@dataclass(frozen=True)
class ModelStylizer(LoadedModel):
    """Stylizer of photographs with a style model."""

    options: ModelOptions

    @torch.no_grad()
    def stylize(self, images: RecipeInputs, canvas: Size, side: int | None = None) -> Iterator[PartialResult]:
        """Stylize a content image; see `Stylizer`.

        Raises: InputError: tiles are requested, but the network cannot be tiled.
        """
        content = resize(images.content, canvas, clamp=True)
        drawn: float | Image = 0.0
        for drawn in self._stylize(content, side):
            if not isinstance(drawn, Tensor):
                yield PartialResult(drawn)
        assert isinstance(drawn, Tensor)
        yield PartialResult(1.0, self.blend(drawn, content))

    def _stylize(self, content: Image, side: int | None) -> Iterator[float | Image]:
        network = self.function
        try:
            graph = trace_network(network, content, self.engine)
            if self.options.statistics == "frozen":
                found = measure_statistics(network, content, engine=self.engine)
                return stylize_tiled(graph, content, found, side or _FREE)
        except UntraceableError as error:
            if side is None:
                return iter([network(content)])
            raise InputError(
                f"{self.name} cannot run in tiles ({str(error).rstrip('.')}): use a smaller size."
            ) from error
        if side is None:
            return ExactNormPass(graph, content, STRIP, make_buffers(graph)).compute()
        return ExactNormPass(graph, content, min(side**2, STRIP), make_buffers(graph, _LARGE)).compute()

    @property
    def function(self) -> Network:
        """The function from photographs to stylized images."""
        if self.model.spec.needs_noise:
            return partial(self.model.network, seed=self.options.seed)
        blend = style_blend(self.model, self.options.style)
        if blend is None:
            return self.model.network
        return partial(self.model.network, blend=blend.to(next(self.model.network.parameters())))

    def blend(self, drawn: Image, content: Image) -> Image:
        """Return the stylized image blended with the content according to `strength`.

        A super-resolved image first gets the content's histogram, channel by channel (1603.08155, section 4.2).
        """
        drawn = drawn.clamp_(0, 1)
        if "super-resolution" in self.model.spec.purposes:
            drawn = match_histogram(drawn, content)
        if self.options.strength == 1:
            return drawn
        return torch.lerp(resize(content, Size.of(drawn), clamp=True), drawn, self.options.strength)


def stylize(content: ImageInput, model: StyleModel | PathInput, options: ModelOptions | None = None) -> Image:
    """Return a content image stylized by a model, in [0, 1].

    The content image is whatever `as_image` takes: a path, a Pillow image, an array, a tensor; a tensor must be on the
    device to compute on. The model is a result of `load_model`, or its file or name; `options.model` is ignored. A
    model on another device stays there and is copied at each call: to stylize many images, load one for the device.

    Raises: InputError: unusable options, image or model.
    """
    options = ModelOptions() if options is None else options
    require_options(options, ModelOptions)
    image = as_image(content, "the content image")
    if image.is_meta:
        raise InputError("the content image is on the device meta, where tensors have no values: give one on another.")
    if isinstance(model, StyleModel):
        engine = choose_engine(options.engine, image.device)
        stylizer = ModelStylizer(options, copy_to_device(model, image.device), engine)
    else:
        stylizer = replace(options, model=cast("str", model)).load_stylizer(image.device)
    like = next(stylizer.model.network.parameters())
    *_, last = run_stylizer(options, RecipeInputs(image.to(like.dtype)), stylizer)
    assert last.image is not None
    return last.image


def copy_to_device(model: StyleModel, device: torch.device) -> StyleModel:
    """Return the model if it is on the device, else a copy there, since others may use the model meanwhile."""
    if next(model.network.parameters()).device == device:
        return model
    return replace(model, network=deepcopy(model.network)).to(device)


def load_model_stylizer(options: ModelOptions, device: torch.device) -> ModelStylizer:
    """Load the model onto a device.

    Raises: InputError: there is no model, it does not stylize photographs, or it has other styles.
    """
    model = load_model(options.model)
    if not model.spec.takes_photographs:
        raise InputError(
            f"{model.name} generates textures and cannot stylize photographs; try "
            f"{to_command_line(['brushwork', 'texture', '--model', options.model])}"
        )
    style_blend(model, options.style)  # report unknown names before any image is read
    return ModelStylizer(options, model.to(device), choose_engine(options.engine, device))
