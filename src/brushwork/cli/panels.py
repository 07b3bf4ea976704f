"""The panels of a help page that are not a recipe's, and flags that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Group, Parameter

PICTURES = Group("Pictures", sort_key=0)
SETTINGS = Group("Settings", sort_key=1)
OUTPUT = Group("Output", sort_key=2)
FIRST_RECIPE_PANEL = 10
"""Sort key; a recipe's own panels come after those, and before what is rarely asked for."""
MACHINE = Group("Machine", sort_key=100)

JsonFlag: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False)]
ConfigFile: TypeAlias = Annotated[Path | None, Parameter(group=SETTINGS, metavar="FILE.toml")]
