"""What the cells of an experiment share: pictures, networks, sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import torch

from brushwork.judging import Jury
from brushwork.lab.remember import remembering
from brushwork.perception import Encoder
from brushwork.picture import read_picture
from brushwork.recipes import Options, Pictures, Progress, run
from brushwork.recipes.options import Descending, Seeing
from brushwork.recipes.seeing import encoder_for
from brushwork.types import Image

AnyOptions = TypeVar("AnyOptions", bound=Descending)

PHOTOGRAPHS = ("bridge.jpg", "cat.jpg")
PAINTINGS = ("auvers.jpg", "great_wave.jpg", "composition_viii.jpg")
"""The first of each are those that most experiments use. Credits: examples/CREDITS.md."""

QUICK = 0.2
"""Share of the closures that a quick run spends."""


@dataclass
class Easel:
    """The pictures of an experiment, how large to paint, and how long."""

    photographs: Mapping[str, Image]
    """Name → picture; the first is the photograph of experiments that need one."""
    paintings: Mapping[str, Image]
    size: int = 256
    """Pixels of the long side."""
    quick: bool = False
    """Spend a fifth of the closures."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    _networks: dict[str, Encoder] = field(default_factory=dict, repr=False)
    _juries: dict[str, Jury] = field(default_factory=dict, repr=False)

    @property
    def photograph(self) -> Image:
        return next(iter(self.photographs.values()))

    @property
    def painting(self) -> Image:
        return next(iter(self.paintings.values()))

    def spending(self, options: AnyOptions) -> AnyOptions:
        """The options with the closures of this run."""
        return replace(options, iterations=max(10, round(options.iterations * QUICK))) if self.quick else options

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
        shown = (pictures.content, *pictures.paintings, *(() if pictures.start is None else (pictures.start,)))
        return {"recipe": type(options).__name__, **asdict(options), "pictures": [fingerprint(one) for one in shown]}


@dataclass(frozen=True)
class Order:
    """What an experiment is asked for: enough for any process to set up the same easel."""

    experiment: str
    folder: Path
    photographs: tuple[Path, ...] = ()
    """None: those that come with the package."""
    paintings: tuple[Path, ...] = ()
    size: int = 256
    quick: bool = False
    device: str = "cpu"

    def easel(self) -> Easel:
        """Read the pictures.

        Raises: InputError: one of them cannot be read.
        """
        photographs, paintings = self.photographs or bundled(PHOTOGRAPHS), self.paintings or bundled(PAINTINGS)
        device = torch.device(self.device)
        return Easel(_read(photographs, device), _read(paintings, device), self.size, self.quick, device)


def bundled(names: Sequence[str]) -> tuple[Path, ...]:
    """Pictures that come with the package."""
    return tuple(Path(str(files("brushwork.lab").joinpath("pictures", name))) for name in names)


def _read(paths: Sequence[Path], device: torch.device) -> dict[str, Image]:
    return {path.stem: read_picture(path).image.to(device) for path in paths}


def fingerprint(picture: Image) -> str:
    """A short name for the very numbers of a picture."""
    return sha256(picture.contiguous().cpu().numpy().tobytes()).hexdigest()[:16]
