"""The state that an experiment's cells share: images, encoders, and a cache of features."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, TypeVar

import torch

from brushwork.choices import Precision
from brushwork.controls import RecipeInputs, StyleFile
from brushwork.encoders import Encoder
from brushwork.errors import InputError, WeightsError
from brushwork.metrics import Evaluator, Metrics
from brushwork.options import EncoderOptions, OptimizerOptions
from brushwork.options.encoder import encoder_key, load_encoder_for
from brushwork.recipes import Progress, RecipeOptions, run_recipe
from brushwork.types import Features, Image

AnyOptions = TypeVar("AnyOptions", bound=OptimizerOptions)

QUICK = 0.4
"""Fraction of the iterations in a quick run."""

QUICK_SIZE, FULL_SIZE = 192, 512
"""Long side in pixels of a quick run, and of the papers' results."""

CACHE_BYTES = 2 * 2**30
"""Size of the feature cache in bytes."""


@dataclass
class ExperimentContext:
    """The images of an experiment, with the size and length of its runs."""

    contents: Mapping[str, Image]
    """Name → image; experiments that need one content image use the first."""
    styles: Mapping[str, Image]
    size: int = FULL_SIZE
    """Long side in pixels."""
    is_quick: bool = False
    """Whether to run only a fraction of the iterations."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: Precision = "auto"
    """Precision of the networks' layers in all cells; auto: as set in the options."""
    _networks: dict[Hashable, Encoder] = field(default_factory=dict, repr=False)
    _evaluators: dict[str, Evaluator] = field(default_factory=dict, repr=False)

    @property
    def content(self) -> Image:
        """The first content image."""
        return next(iter(self.contents.values()))

    @property
    def style(self) -> Image:
        """The first style image."""
        return next(iter(self.styles.values()))

    @property
    def inputs(self) -> list[tuple[str, Image]]:
        """All images with their names, content images first."""
        return [*self.contents.items(), *self.styles.items()]

    def scale_iterations(self, options: AnyOptions, fraction: float = QUICK) -> AnyOptions:
        """Return the options with the iterations of this run; a quick run has a fraction of them."""
        return replace(options, iterations=max(10, round(options.iterations * fraction))) if self.is_quick else options

    def encoder(self, options: EncoderOptions) -> Encoder:
        """Return the options' encoder, loaded once, with a feature cache."""
        key = encoder_key(options)
        if key not in self._networks:
            encoder = self._networks[key] = with_feature_cache(load_encoder_for(options, self.device))
            if self.precision != "auto":
                encoder.precision = self.precision
        return self._networks[key]

    def evaluator(self, network: str) -> Evaluator:
        """Return the evaluator with a network, loaded once.

        Raises: WeightsError: the weights are not on this machine.
        """
        if network not in self._evaluators:
            self._evaluators[network] = Evaluator.load(network, self.device)
        return self._evaluators[network]

    def available_evaluators(self, networks: Iterable[str]) -> list[str]:
        """Return the networks whose weights, and those of their evaluator, are on this machine."""
        return [network for network in networks if has_weights(self.evaluator, network)]

    def evaluate(self, network: str, result: Image, *, content: Image, style: Image) -> Metrics | None:
        """Return the distances of a result in a network; None if the images are too small for its layers.

        Raises: WeightsError: as `evaluator`.
        """
        evaluator = self.evaluator(network)
        try:
            return evaluator(result, content=content, style=style)
        except InputError:
            return None

    def recipe(self, options: RecipeOptions, images: RecipeInputs) -> Callable[[], Iterator[Progress]]:
        """Return a function that runs the recipe when its cell is computed."""
        return lambda: run_recipe(options, images, encoder=self.encoder(options))

    def settings(self, options: RecipeOptions, images: RecipeInputs) -> dict[str, Any]:
        """Return everything that determines a recipe's result, as JSON values."""
        init = () if images.init is None else (images.init,)
        shown = (images.content, *images.styles, *init)
        return {"recipe": type(options).__name__, **asdict(options), "pictures": [fingerprint_of(one) for one in shown]}


def has_weights(load: Callable[..., object], *arguments: object) -> bool:
    """Return whether the weights of the network that `load` loads are on this machine."""
    try:
        load(*arguments)
    except WeightsError:
        return False
    return True


def fingerprint_of(image: Image | StyleFile) -> str:
    """Return a short hash of an image's values, or of a style file's."""
    if isinstance(image, StyleFile):
        moments = (one for style in image.styles.values() for one in style.statistics.values())
        return _short(b"".join(_numbers(tensor) for one in moments for tensor in (one.gram, one.mean, one.std)))
    return _short(_numbers(image))


def _numbers(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().cpu().numpy().tobytes()


def _short(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def with_feature_cache(encoder: Encoder, capacity: int = CACHE_BYTES) -> Encoder:
    """Return the same encoder, changed to cache features computed without a graph.

    Features with a graph are always computed, since they belong to the image being optimized. When `capacity` bytes are
    full, the least recently used entries are dropped.
    """
    look, cache = encoder.forward, OrderedDict[tuple[object, ...], Features]()

    def forward(image: Image, layers: Iterable[str]) -> Features:
        source = tuple(layers)
        if torch.is_grad_enabled() or image.is_meta:
            return look(image, source)
        key = (source, *image.shape, image.contiguous().cpu().numpy().tobytes())
        if key not in cache:
            cache[key] = look(image, source)
        cache.move_to_end(key)
        while len(cache) > 1 and sum(map(_bytes, cache.values())) > capacity:
            cache.popitem(last=False)
        return cache[key]

    encoder.forward = forward  # type: ignore[method-assign]
    return encoder


def _bytes(features: Features) -> int:
    return sum(feature.nbytes for feature in features.values())
