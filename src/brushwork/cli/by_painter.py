"""`brushwork paint --painter`: what belongs to it of painting's options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brushwork.cli.at_once import at_once
from brushwork.cli.options import Given
from brushwork.cli.running import Running
from brushwork.errors import InputError
from brushwork.fast.by_painter import ByPainter
from brushwork.fast.shelf import painter_file


def by_painter(painter: str, given: Given, own: Mapping[str, Any], running: Running) -> ByPainter:
    """The options of painting by a painter: its `own`, over those that were given for painting.

    Raises: InputError: no such painter, or a value out of range.
    """
    painter_file(painter)  # unknown names are told before any picture is read
    return at_once(ByPainter, ByPainter(), given, {"painter": painter, **own}, running)


def require_alone(painter: str, paintings: list[str], others: dict[str, bool]) -> None:
    """Refuse what cannot go with a painter.

    Raises: InputError: a painting, or a flag that asks for another way of painting.
    """
    if paintings:
        raise InputError(
            f"the painting {paintings[0]} and --painter {painter} were both given: a painter has its own style; leave "
            "one away. (Several photographs to paint: put them into a folder, and give that.)"
        )
    for flag, is_given in others.items():
        if is_given:
            raise InputError(f"{flag} and --painter were both given: they are two ways of painting; leave one away.")


def painter_name(painter: str) -> str:
    """What results are called after."""
    return Path(painter).stem
