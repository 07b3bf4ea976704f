"""Plans: what a painting will take, known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from brushwork.picture.window import Size


@dataclass(frozen=True)
class LevelPlan:
    """What one size of the picture takes."""

    size: Size
    closures: int
    memory: int
    """Peak bytes at this level, beyond what the process holds already."""
    seconds: float | None
    """None: not probed."""


@dataclass(frozen=True)
class Plan:
    """What a painting takes, level by level."""

    device: str
    levels: tuple[LevelPlan, ...]
    available: int | None
    """Bytes that may be used; None: unknown."""
    largest: int | None
    """Where it does not fit: the largest `size` that does, in pixels; 0: none does. Else None."""

    @property
    def closures(self) -> int:
        return sum(level.closures for level in self.levels)

    @property
    def memory(self) -> int:
        """Peak bytes of the whole, beyond what the process holds already."""
        return max(level.memory for level in self.levels)

    @property
    def seconds(self) -> float | None:
        """None: not probed."""
        times = [level.seconds for level in self.levels]
        return None if None in times else sum(time for time in times if time is not None)

    @property
    def fits(self) -> bool:
        return self.available is None or self.memory <= self.available
