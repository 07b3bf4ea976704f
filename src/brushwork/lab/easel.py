"""What the cells of an experiment share: pictures, networks, sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from typing import Any, TypeVar

import torch

from brushwork.judging import Jury
from brushwork.lab.remember import remembering
from brushwork.perception import Encoder
from brushwork.recipes import KeptStyle, Options, Pictures, Progress, run
from brushwork.recipes.options import Descending, Seeing
from brushwork.recipes.seeing import encoder_for
from brushwork.types import Image

AnyOptions = TypeVar("AnyOptions", bound=Descending)

QUICK = 0.4
"""Share of the closures that a quick run spends."""

QUICK_SIZE, FULL_SIZE = 192, 512
"""Pixels of the long side: of a quick run, and as large as the papers painted."""


@dataclass
class Easel:
    """The pictures of an experiment, how large to paint, and how long."""

    photographs: Mapping[str, Image]
    """Name → picture; the first is the photograph of experiments that need one."""
    paintings: Mapping[str, Image]
    size: int = FULL_SIZE
    """Pixels of the long side."""
    quick: bool = False
    """Spend a share of the closures."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    _networks: dict[str, Encoder] = field(default_factory=dict, repr=False)
    _juries: dict[str, Jury] = field(default_factory=dict, repr=False)

    @property
    def photograph(self) -> Image:
        return next(iter(self.photographs.values()))

    @property
    def painting(self) -> Image:
        return next(iter(self.paintings.values()))

    @property
    def given(self) -> list[tuple[str, Image]]:
        """All pictures with their names, photographs first."""
        return [*self.photographs.items(), *self.paintings.items()]

    def spending(self, options: AnyOptions, share: float = QUICK) -> AnyOptions:
        """The options with the closures of this run; a quick one spends a share of them."""
        return replace(options, iterations=max(10, round(options.iterations * share))) if self.quick else options

    def encoder(self, options: Seeing) -> Encoder:
        """The network that the options name; loaded once, and remembering what it saw."""
        key = repr([getattr(options, one.name) for one in fields(Seeing)])
        if key not in self._networks:
            self._networks[key] = remembering(encoder_for(options, self.device))
        return self._networks[key]

    def jury(self, network: str) -> Jury:
        """Those who judge in a network; loaded once.

        Raises: WeightsError: weights that are not on this machine.
        """
        if network not in self._juries:
            self._juries[network] = Jury.load(network, self.device)
        return self._juries[network]

    def recipe(self, options: Options, pictures: Pictures) -> Callable[[], Iterator[Progress]]:
        """A recipe, to be run when its cell is painted."""
        return lambda: run(options, pictures, encoder=self.encoder(options))

    def settings(self, options: Options, pictures: Pictures) -> dict[str, Any]:
        """All that decides a recipe's picture, as JSON."""
        start = () if pictures.start is None else (pictures.start,)
        shown = (pictures.content, *pictures.paintings, *start)
        return {"recipe": type(options).__name__, **asdict(options), "pictures": [fingerprint(one) for one in shown]}


def fingerprint(picture: Image | KeptStyle) -> str:
    """A short name for the very numbers of a picture, or of the style that was kept of one."""
    if isinstance(picture, KeptStyle):
        moments = (one for style in picture.styles.values() for one in style.moments.values())
        return _short(b"".join(_numbers(tensor) for one in moments for tensor in (one.gram, one.mean, one.std)))
    return _short(_numbers(picture))


def _numbers(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().cpu().numpy().tobytes()


def _short(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
