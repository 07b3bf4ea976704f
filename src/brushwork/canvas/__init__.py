"""What is optimized: numbers, and the picture they stand for.

A canvas is anything that keeps the contract `brushwork.optimize.Parametrization`.
"""

from __future__ import annotations

from brushwork.canvas.pixels import PixelParametrization
from brushwork.canvas.sphere import SphereParametrization

__all__ = ["PixelParametrization", "SphereParametrization"]
