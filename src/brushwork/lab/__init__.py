"""The laboratory: the papers' experiments, as grids of cells with a report."""

from __future__ import annotations

from brushwork.lab.cell import CellResult, ClaimCheck, ExperimentCell
from brushwork.lab.cluster import run_on_ray
from brushwork.lab.experiments import EXPERIMENTS, load_experiment
from brushwork.lab.order import ExperimentRequest
from brushwork.lab.processes import run_in_processes
from brushwork.lab.report import ExperimentReport
from brushwork.lab.run import run_cells

__all__ = [
    "EXPERIMENTS",
    "CellResult",
    "ClaimCheck",
    "ExperimentCell",
    "ExperimentReport",
    "ExperimentRequest",
    "load_experiment",
    "run_cells",
    "run_in_processes",
    "run_on_ray",
]
