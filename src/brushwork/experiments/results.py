"""Storage of cell results, each an image and a record."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from brushwork._version import __version__
from brushwork.errors import InputError
from brushwork.experiments.experiment import CellResult, ExperimentCell
from brushwork.images import read_image
from brushwork.storage.atomic import atomic_write, explain_write_errors


@dataclass(frozen=True)
class ResultStore:
    """A folder of cell results."""

    folder: Path

    def image_path(self, cell: ExperimentCell) -> Path:
        """Return the path of a cell's image."""
        return self.folder / f"{cell.name}.png"

    def remove_record(self, cell: ExperimentCell) -> None:
        """Remove a cell's record before its image is replaced, so that a kill in between leaves no wrong record.

        Raises: InputError: it cannot be removed.
        """
        with explain_write_errors(self._record(cell)):
            self._record(cell).unlink(missing_ok=True)

    def load(self, cell: ExperimentCell) -> CellResult | None:
        """Return the result of an earlier run with the same settings and version; None: missing, or damaged."""
        try:
            record = json.loads(self._record(cell).read_text(encoding="utf-8"))
            if record.pop("asked", None) != _stored_settings(cell):
                return None
            read_image(self.image_path(cell))
            curve = [(iterations, loss) for iterations, loss in record["curve"]]
            measures = record.pop("figures")
            return CellResult(**{**record, "measures": measures, "picture": self.image_path(cell), "curve": curve})
        except (OSError, ValueError, AttributeError, KeyError, TypeError, InputError):
            return None

    def save(self, cell: ExperimentCell, result: CellResult) -> None:
        """Write the record; the image is already there."""
        record = {**asdict(result), "picture": result.picture.name, "asked": _stored_settings(cell)}
        record["figures"] = record.pop("measures")
        with atomic_write(self._record(cell), overwrite=True) as path:
            path.write_text(json.dumps(record, indent=1), encoding="utf-8")

    def reuse(self, cell: ExperimentCell, other: ExperimentCell) -> CellResult:
        """Copy the result of another cell with the same settings and return it.

        Raises: FileNotFoundError: the other cell has no stored result.
        """
        self.remove_record(cell)
        with atomic_write(self.image_path(cell), overwrite=True) as path:
            shutil.copyfile(self.image_path(other), path)
        found = self.load(other)
        if found is None:
            raise FileNotFoundError(self._record(other))
        result = replace(found, row=cell.row, column=cell.column, picture=self.image_path(cell))
        self.save(cell, result)
        return result

    def _record(self, cell: ExperimentCell) -> Path:
        return self.folder / f"{cell.name}.json"


def settings_key(cell: ExperimentCell) -> str:
    """Return a key that is equal for cells with the same settings, and thus the same result."""
    return json.dumps(_stored_settings(cell), sort_keys=True)


def _stored_settings(cell: ExperimentCell) -> Any:
    """Return the settings as read back from JSON, with the version of brushwork."""
    return json.loads(json.dumps({**cell.settings, "brushwork": __version__}))
