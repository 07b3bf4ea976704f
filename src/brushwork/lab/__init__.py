"""The laboratory: the papers' experiments, as grids of cells with a report."""

from __future__ import annotations

from brushwork.lab.cell import Cell, Check, Result
from brushwork.lab.cluster import over_ray
from brushwork.lab.experiments import EXPERIMENTS, experiment
from brushwork.lab.order import Order
from brushwork.lab.processes import over_processes
from brushwork.lab.report import Report
from brushwork.lab.run import conduct

__all__ = [
    "EXPERIMENTS",
    "Cell",
    "Check",
    "Order",
    "Report",
    "Result",
    "conduct",
    "experiment",
    "over_processes",
    "over_ray",
]
