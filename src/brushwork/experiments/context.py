"""What an experiment's cells share: images, encoders, and a cache of features."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from typing import Any, TypeVar

import torch

from brushwork.controls import RecipeInputs, StyleFile
from brushwork.encoders import Encoder
from brushwork.metrics import Evaluator
from brushwork.options import EncoderOptions, OptimizerOptions
from brushwork.options.groups import load_encoder_for
from brushwork.recipes import Progress, RecipeOptions, run_recipe
from brushwork.types import Features, Image

AnyOptions = TypeVar("AnyOptions", bound=OptimizerOptions)

QUICK = 0.4
"""Share of the closures that a quick run spends."""

QUICK_SIZE, FULL_SIZE = 192, 512
"""Pixels of the long side: of a quick run, and as large as the papers painted."""

CACHE_BYTES = 2 * 2**30
"""Bytes of features that are remembered."""


@dataclass
class ExperimentContext:
    """The pictures of an experiment, how large to paint, and how long."""

    contents: Mapping[str, Image]
    """Name → picture; the first is the photograph of experiments that need one."""
    styles: Mapping[str, Image]
    size: int = FULL_SIZE
    """Pixels of the long side."""
    is_quick: bool = False
    """Spend a share of the closures."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    _networks: dict[str, Encoder] = field(default_factory=dict, repr=False)
    _evaluators: dict[str, Evaluator] = field(default_factory=dict, repr=False)

    @property
    def content(self) -> Image:
        return next(iter(self.contents.values()))

    @property
    def style(self) -> Image:
        return next(iter(self.styles.values()))

    @property
    def inputs(self) -> list[tuple[str, Image]]:
        """All pictures with their names, photographs first."""
        return [*self.contents.items(), *self.styles.items()]

    def with_iterations(self, options: AnyOptions, share: float = QUICK) -> AnyOptions:
        """The options with the closures of this run; a quick one spends a share of them."""
        return replace(options, iterations=max(10, round(options.iterations * share))) if self.is_quick else options

    def encoder(self, options: EncoderOptions) -> Encoder:
        """The network that the options name; loaded once, and remembering what it saw."""
        key = repr([getattr(options, one.name) for one in fields(EncoderOptions)])
        if key not in self._networks:
            self._networks[key] = with_feature_cache(load_encoder_for(options, self.device))
        return self._networks[key]

    def evaluator(self, network: str) -> Evaluator:
        """Those who judge in a network; loaded once.

        Raises: WeightsError: weights that are not on this machine.
        """
        if network not in self._evaluators:
            self._evaluators[network] = Evaluator.load(network, self.device)
        return self._evaluators[network]

    def recipe(self, options: RecipeOptions, images: RecipeInputs) -> Callable[[], Iterator[Progress]]:
        """A recipe, to be run when its cell is painted."""
        return lambda: run_recipe(options, images, encoder=self.encoder(options))

    def settings(self, options: RecipeOptions, images: RecipeInputs) -> dict[str, Any]:
        """All that decides a recipe's picture, as JSON."""
        init = () if images.init is None else (images.init,)
        shown = (images.content, *images.styles, *init)
        return {"recipe": type(options).__name__, **asdict(options), "pictures": [fingerprint_of(one) for one in shown]}


def fingerprint_of(image: Image | StyleFile) -> str:
    """A short name for the very numbers of a picture, or of the style that was kept of one."""
    if isinstance(image, StyleFile):
        moments = (one for style in image.styles.values() for one in style.statistics.values())
        return _short(b"".join(_numbers(tensor) for one in moments for tensor in (one.gram, one.mean, one.std)))
    return _short(_numbers(image))


def _numbers(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().cpu().numpy().tobytes()


def _short(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def with_feature_cache(encoder: Encoder, room: int = CACHE_BYTES) -> Encoder:
    """The encoder itself, which from now on keeps what it sees without a graph, and hands it out again.

    Features that are asked for with a graph are computed anew: they belong to a picture being painted. What was not
    asked for longest goes when `room` bytes are full.
    """
    look, seen = encoder.forward, OrderedDict[tuple[object, ...], Features]()

    def forward(image: Image, layers: Iterable[str]) -> Features:
        source = tuple(layers)
        if torch.is_grad_enabled() or image.is_meta:
            return look(image, source)
        key = (source, *image.shape, image.contiguous().cpu().numpy().tobytes())
        if key not in seen:
            seen[key] = look(image, source)
        seen.move_to_end(key)
        while len(seen) > 1 and sum(map(_bytes, seen.values())) > room:
            seen.popitem(last=False)
        return seen[key]

    encoder.forward = forward  # type: ignore[method-assign]
    return encoder


def _bytes(features: Features) -> int:
    return sum(feature.nbytes for feature in features.values())
