"""The bodies of requests, as pydantic checks them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Scalar = bool | int | float | Annotated[str, Field(max_length=200)]
OptionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Options = Annotated[dict[OptionName, Scalar | Annotated[list[Scalar], Field(max_length=32)]], Field(max_length=64)]
ModelName = Annotated[str, Field(pattern=r"^\w[\w .+-]{0,80}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class JobBody(_Strict):
    """A requested painting."""

    kind: Literal["transfer", "instant", "model", "blend", "video"] = "transfer"
    content: Hash
    paintings: Annotated[list[Hash], Field(max_length=16)] = []
    model: ModelName | None = None
    options: Options = {}
    start: Hash | None = None
    regions: Annotated[list[Annotated[list[Hash], Field(min_length=1, max_length=2)]], Field(max_length=16)] = []
    title: Annotated[str, Field(max_length=300)] = ""
    parent: Annotated[str, Field(pattern=r"^[0-9a-f-]{1,40}$")] | None = None
    via: Literal["again", "go-on", "larger", "strength"] | None = None


class BatchBody(_Strict):
    """Several requested paintings, all or none."""

    jobs: Annotated[list[JobBody], Field(min_length=1, max_length=500)]


class CardsBody(_Strict):
    """Small paintings of one photograph, to choose from."""

    content: Hash
    paintings: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=60)]
    film: bool = False
    """Whether the photograph is a frame of a film, which AdaIN paints."""


class SheetBody(_Strict):
    """Small paintings of one photograph in the style of one painting, each with other options."""

    content: Hash
    painting: Hash
    options: Annotated[list[Options], Field(min_length=1, max_length=25)]


class ChangeBody(_Strict):
    """Changes of a job."""

    priority: Annotated[int, Field(ge=-10, le=10)] | None = None
    title: Annotated[str, Field(max_length=300)] | None = None
    pinned: bool | None = None


class GoOnBody(_Strict):
    """How to continue from a result."""

    size: Annotated[int, Field(ge=32, le=20000)] | None = None
    iterations: Annotated[int, Field(ge=1, le=100_000)] = 60


class QueueBody(_Strict):
    """The state of the queue."""

    paused: bool


class PaintingBody(_Strict):
    """An uploaded image, as a painting to choose from."""

    sha256: Hash
    name: Annotated[str, Field(max_length=300)] = ""


class SessionBody(_Strict):
    """The token, in exchange for a cookie."""

    token: Annotated[str, Field(max_length=200)]


def without_none(body: BaseModel) -> dict[str, Any]:
    """Return the given values."""
    return {name: value for name, value in body.model_dump().items() if value is not None}
