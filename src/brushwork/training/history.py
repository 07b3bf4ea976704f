"""The loss history of a training, as JSON beside the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from brushwork.errors import InputError
from brushwork.storage.atomic import atomic_write

Kind = Literal["training", "validation"]

STEP = "iteration"
"""Key of the iteration in each row."""


class History:
    """Losses by iteration, of the training batches and of the held-out images."""

    def __init__(self, rows: Mapping[Kind, list[dict[str, float]]] | None = None) -> None:
        self.rows: dict[Kind, list[dict[str, float]]] = {"training": [], "validation": []}
        self.rows |= rows or {}

    def add(self, kind: Kind, step: int, losses: Mapping[str, float]) -> None:
        """Append the losses of an iteration."""
        self.rows[kind].append({STEP: step, **{name: float(f"{value:.6g}") for name, value in losses.items()}})

    def curves(self) -> dict[str, tuple[list[float], list[float]]]:
        """Return the curve of each loss as (iterations, values): binned training means, and validation values."""
        training = _stretches(self.rows["training"])
        found = {name: _curve(training, name) for name in _names(training)}
        if self.rows["validation"]:
            found["held out"] = _curve(self.rows["validation"], "total")
        return found

    @property
    def last(self) -> Mapping[str, float]:
        """Return the latest validation losses; empty before the first validation."""
        return self.rows["validation"][-1] if self.rows["validation"] else {}

    @property
    def final(self) -> dict[str, float]:
        """Return the last losses: on the held-out images, or of the last batch if none are held out."""
        rows = self.rows["validation"] or self.rows["training"]
        return {name: value for name, value in rows[-1].items() if name != STEP} if rows else {}

    def write(self, path: Path, about: Mapping[str, Any]) -> None:
        """Write the history, replacing the file atomically.

        Raises: InputError: the file cannot be written.
        """
        with atomic_write(path, overwrite=True) as temporary:
            temporary.write_text(json.dumps({**about, **self.rows}), encoding="utf-8")

    @classmethod
    def read(cls, path: Path, until: int) -> History:
        """Read a history up to an iteration: a killed training may have logged iterations after its last checkpoint.

        Raises: InputError: the file exists and is not a history.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            rows: dict[Kind, list[dict[str, float]]] = {
                kind: [row for row in found[kind] if row[STEP] <= until] for kind in get_args(Kind)
            }
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} is not a training history ({error!r}): remove it.") from error
        return cls(rows)


_POINTS = 200
"""Maximum points of a curve; the losses of single batches vary too much to be readable."""


def _stretches(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    length = max(1, -(-len(rows) // _POINTS))
    return [_mean(rows[first : first + length]) for first in range(0, len(rows), length)]


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def _names(rows: list[dict[str, float]]) -> list[str]:
    return [name for name in (rows[0] if rows else {}) if name != STEP]


def _curve(rows: list[dict[str, float]], name: str) -> tuple[list[float], list[float]]:
    return [row[STEP] for row in rows], [row[name] for row in rows]
