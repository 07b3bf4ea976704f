"""Two lengths of help: `paint --help` lists the options that most people need, `--help-all` every one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cyclopts.help import DefaultFormatter, HelpPanel

from brushwork.cli.flags import MACHINE

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry
    from rich.console import Console, ConsoleOptions

HELP_ALL = "--help-all"

COMMON = {
    "--output": "File or folder to write to, or - for PNG on stdout.",
    "--size": "Size of the result in pixels; full for the photograph's own.",
    "--quality": "draft takes seconds, best about three times as long as normal.",
    "--iterations": "Iterations at the first size: more are better and slower.",
    "--style-weight": "Weight of the style: larger paints more strongly.",
    "--style-scale": "Size of the strokes: 2 for larger ones, 0.5 for smaller.",
    "--style-blend": "Weight of each painting, where several are given.",
    "--color": "style, keep-luminance, match-linear or match-histogram.",
    "--region": "Masks, PHOTO_MASK.png:PAINTING_MASK.png: a painting for each region.",
    "--init": "What to start from: content, recolored, patches, style, noise, gray, instant, or a file.",
    "--preset": "The settings of a published program; see brushwork presets.",
    "--instant": "Any style in one pass, in seconds (AdaIN).",
    "--model": "A trained network in one pass: gallery --style wave, or a file.",
    "--resume": "Continue an interrupted run.",
    "--force": "Overwrite existing files.",
    "--memory": "Memory that may be used, such as 4GB.",
}
"""The options of `paint` in its short help, in their order, and a line for each."""

MORE = f"brushwork paint {HELP_ALL} explains all options, and these in full."


class BriefFormatter(DefaultFormatter):
    """Help that lists arguments and common options only, these in one panel."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, HelpEntry] = {}

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print a panel of arguments; collect the options of the others, and print them at the last panel."""
        if any(entry.positional_label for entry in panel.entries):
            super().__call__(console, options, panel)
            return
        for entry in panel.entries:
            for name in COMMON.keys() & set(entry.positive_names):
                self._found[name] = entry.copy(description=COMMON[name], choices=(), default=None)
        if panel.title == MACHINE.name:
            entries = [self._found[name] for name in COMMON if name in self._found]
            super().__call__(console, options, HelpPanel(format="parameter", title="Options", entries=entries))
            console.print(MORE)


def split_help(given: Sequence[str]) -> tuple[list[str], bool]:
    """Return the arguments with `--help` in place of `--help-all`, and whether the short help is wanted."""
    tokens = ["--help" if token == HELP_ALL else token for token in given]
    return tokens, HELP_ALL not in given and list(given[:1]) == ["paint"]
