"""The record of a job: what goes into the picture's metadata, and what a checkpoint must agree with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    """A job as it was painted: options, files by name and hash, network, versions, machine."""

    def to_json(self) -> dict[str, Any]:
        raise NotImplementedError
