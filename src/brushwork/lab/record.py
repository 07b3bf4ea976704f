"""Where painted cells lie: a picture and a record each."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from brushwork import __version__
from brushwork.lab.cell import Cell, Result
from brushwork.picture.destination import placing


@dataclass(frozen=True)
class Shelf:
    """A folder of painted cells."""

    folder: Path

    def picture(self, cell: Cell) -> Path:
        """Where a cell's picture lies."""
        return self.folder / f"{cell.name}.png"

    def kept(self, cell: Cell) -> Result | None:
        """The result of an earlier run, if its settings and its version were the same."""
        try:
            record = json.loads(self._record(cell).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if record.pop("asked", None) != _asked(cell) or not self.picture(cell).exists():
            return None
        curve = [(closures, loss) for closures, loss in record["curve"]]
        return Result(**{**record, "picture": self.picture(cell), "curve": curve})

    def keep(self, cell: Cell, result: Result) -> None:
        """Write the record; the picture lies there already."""
        record = {**asdict(result), "picture": result.picture.name, "asked": _asked(cell)}
        with placing(self._record(cell), overwrite=True) as path:
            path.write_text(json.dumps(record, indent=1), encoding="utf-8")

    def share(self, cell: Cell, other: Cell) -> Result:
        """Give a cell what was painted for another one of the same settings; return its result.

        Raises: FileNotFoundError: nothing is kept of the other.
        """
        with placing(self.picture(cell), overwrite=True) as path:
            shutil.copyfile(self.picture(other), path)
        found = self.kept(other)
        if found is None:
            raise FileNotFoundError(self._record(other))
        result = replace(found, row=cell.row, column=cell.column, picture=self.picture(cell))
        self.keep(cell, result)
        return result

    def _record(self, cell: Cell) -> Path:
        return self.folder / f"{cell.name}.json"


def alike(cell: Cell) -> str:
    """The same for cells of the same settings, and so of the same picture."""
    return json.dumps(_asked(cell), sort_keys=True)


def _asked(cell: Cell) -> Any:
    """The settings as they come back from JSON, and the version that painted."""
    return json.loads(json.dumps({**cell.settings, "brushwork": __version__}))
