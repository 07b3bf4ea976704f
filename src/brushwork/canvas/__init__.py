"""What is optimized: numbers, and the picture they stand for.

A canvas is anything that keeps the contract `brushwork.optimize.Canvas`.
"""

from __future__ import annotations

from brushwork.canvas.pixels import Pixels
from brushwork.canvas.sphere import Sphere

__all__ = ["Pixels", "Sphere"]
