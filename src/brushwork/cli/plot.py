"""Plot the losses over the iterations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from brushwork import jobs, recipes
from brushwork.errors import InputError, require_extra
from brushwork.storage.atomic import atomic_write, require_writable
from brushwork.storage.file_names import to_readable

ENDINGS = (".png", ".pdf", ".svg", ".jpg", ".webp")
INCHES = (8.0, 5.0)
CURVES = 20
"""Colors of the palette, after which they repeat."""


class LossPlot:
    """Callback that records the losses of every step, and plots them at the end."""

    def __init__(self, path: Path, title: str) -> None:
        self._path, self._title = path, title
        self._iterations: list[int] = []
        self._losses: defaultdict[str, list[float]] = defaultdict(list)
        self._levels: dict[int, str] = {}

    def on_event(self, event: jobs.JobEvent) -> None:
        """Record a step's losses."""
        if isinstance(event, recipes.Progress):
            self._record(event)

    def _record(self, progress: recipes.Progress) -> None:
        total, terms = progress.step.losses
        self._iterations.append(progress.iterations)
        self._levels.setdefault(progress.level, f"{progress.levels[progress.level].size}")
        # a loss may be absent at some levels: keep the columns as long as the axis
        for name, value in {"total": total, **terms}.items():
            column = self._losses[name]
            column.extend([float("nan")] * (len(self._iterations) - 1 - len(column)))
            column.append(value.item() or float("nan"))  # a logarithmic axis cannot show 0

    def on_end(self) -> None:
        """Plot the curves on a logarithmic scale. Without a step, as for a finished painting, an earlier plot stays.

        Raises: InputError: the file cannot be written.
        """
        if not self._iterations:
            return
        curves = {name: (self._iterations[: len(column)], column) for name, column in self._losses.items()}
        plot_losses(self._path, f"{self._title}: {' → '.join(self._levels.values())}", "iterations", curves)


def plot_losses(
    path: Path, title: str, unit: str, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]
) -> None:
    """Plot losses over iterations on a logarithmic scale; `total` is drawn bold.

    Raises: InputError: the file cannot be written.
    """
    from matplotlib import colormaps  # an extra, and slow to import
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    axes.set_prop_cycle("color", colormaps["tab20"](range(CURVES)))
    for name, (places, losses) in curves.items():
        axes.plot(places, losses, label=name, linewidth=2 if name == "total" else 1)
    axes.set(xlabel=unit, ylabel="loss", yscale="log")
    axes.set_title(to_readable(title), parse_math=False)  # dollar signs in names are not math
    figure.legend(loc="outside right upper", fontsize="small")
    with atomic_write(path, overwrite=True) as temporary, temporary.open("wb") as file:
        # Given a name, matplotlib writes some formats only if it is UTF-8.
        figure.savefig(file, format=path.suffix[1:].lower())


def require_plottable(path: Path) -> None:
    """Check that plotting will work: matplotlib is installed, the file type is known, and there is a place for it.

    Raises: InputError.
    """
    require_extra("--plot", "plot", "matplotlib")
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"--plot is {path}: it must end in {', '.join(ENDINGS)}.")
    require_writable(path, overwrite=True)
