"""A request: the kind of painting, its files by their SHA-256, and the options that differ from the defaults."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias, get_args

from brushwork.errors import InputError

Kind: TypeAlias = Literal["transfer", "instant", "model", "blend", "video", "card", "draft", "sample"]
"""transfer: optimized; instant: AdaIN; model: a trained network; blend: a result mixed with its photograph;
video: a film, by AdaIN or a trained network; card: a small picture to choose from;
draft: the first preview of a transfer; sample: a cell of a contact sheet."""

Lane: TypeAlias = Literal["long", "quick"]

HELPERS: frozenset[Kind] = frozenset({"card", "draft", "sample"})
"""Kinds that are not paintings in their own right, and are not listed in the history."""

_QUICK_SIZE = 768
"""Size in pixels up to which a feed-forward painting takes about a second, and goes before long ones."""

_SHA256 = re.compile("[0-9a-f]{64}")
_NAME = re.compile("[a-z][a-z0-9_]{0,40}")
_MODEL = re.compile(r"[\w][\w .+-]{0,80}")


@dataclass(frozen=True, kw_only=True)
class PaintingRequest:
    """A requested painting."""

    kind: Kind
    content: str
    """SHA-256 of the photograph or film."""
    paintings: tuple[str, ...] = ()
    """SHA-256 of each painting."""
    model: str | None = None
    """Name of a style model, for the kinds `model`, `video` and `card`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the recipe that differ from its defaults."""
    start: str | None = None
    """SHA-256 of the image to start from; for a film, of the frame that stands for it."""
    regions: tuple[tuple[str, ...], ...] = ()
    """SHA-256 of each region's mask on the photograph and, if given, on the painting."""

    def __post_init__(self) -> None:
        _require(self.kind in get_args(Kind), "kind", self.kind, f"one of {', '.join(get_args(Kind))}")
        for name, files in self.files.items():
            for one in files:
                _require(bool(_SHA256.fullmatch(one)), name, one, "the SHA-256 of a file, 64 hexadecimal digits")
        _require(all(len(masks) in (1, 2) for masks in self.regions), "regions", self.regions, "one or two masks each")
        _require(self.model is None or bool(_MODEL.fullmatch(self.model)), "model", self.model, "the name of a model")
        for name in self.options:
            _require(bool(_NAME.fullmatch(name)), "options", name, "the name of an option")
        self._require_style()

    def _require_style(self) -> None:
        if self.kind == "model" or (self.kind in ("card", "video") and self.model):
            _require(self.model is not None and not self.paintings, "model", self.model, "a model, and no painting")
        elif self.kind != "blend":
            _require(bool(self.paintings) and self.model is None, "paintings", self.paintings, "at least one painting")

    @property
    def files(self) -> Mapping[str, tuple[str, ...]]:
        """The files of the request, by their role."""
        return {
            "content": (self.content,),
            "paintings": self.paintings,
            "start": (self.start,) if self.start else (),
            "regions": tuple(mask for masks in self.regions for mask in masks),
        }

    @property
    def lane(self) -> Lane:
        """The queue in which it waits: quick paintings go between two iterations of long ones."""
        size = self.options.get("size", 0)
        is_small = isinstance(size, int) and size <= _QUICK_SIZE
        return "quick" if self.kind in ("card", "draft") or (self.kind in ("instant", "model") and is_small) else "long"

    @property
    def sha256(self) -> str:
        """SHA-256 of the request."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON values."""
        return {**asdict(self), "paintings": list(self.paintings), "regions": [list(masks) for masks in self.regions]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PaintingRequest:
        """Return the request of JSON values; the inverse of `to_json`.

        Raises: InputError: an unknown field, or a value that cannot be used.
        """
        known = {one.name for one in fields(cls)}
        for name in data:
            _require(name in known, "request", name, f"one of {', '.join(sorted(known))}")
        lists = {
            "paintings": tuple(data.get("paintings") or ()),
            "regions": tuple(tuple(masks) for masks in data.get("regions") or ()),
        }
        return cls(**{**data, **lists})


def draft_of(request: PaintingRequest) -> PaintingRequest | None:
    """Return the request for a painting's first preview; None: the painting is painted at once anyway, or continued."""
    if request.kind != "transfer" or request.start is not None:
        return None
    size = request.options.get("size", DRAFT_SIZE)
    names = _SHARED if "preset" in request.options else (*_SHARED, *_OF_DEFAULT)
    shared = {name: request.options[name] for name in names if name in request.options}
    small = min(size, DRAFT_SIZE) if isinstance(size, int) else DRAFT_SIZE
    return replace(request, kind="draft", options={**shared, "size": small})


FIRST_SIZE = 512
"""Size of a painting if none is requested."""
DRAFT_SIZE = SAMPLE_SIZE = 256
CARD_SIZE, CARD_ITERATIONS = 160, 4
"""Size and iterations of an optimized card: a little more than a second of processor time."""

_SHARED = ("color", "color_space", "style_scale", "style_blend", "feather", "guides")
"""Options that a draft takes from the painting that it precedes."""
_OF_DEFAULT = ("content_weight", "style_weight", "seed")
"""Options that it takes unless a published program is requested, whose weights mean something else."""


def _require(holds: bool, name: str, given: object, expected: str) -> None:
    if not holds:
        raise InputError(f"{name} is {given!r}: expected {expected}.")
