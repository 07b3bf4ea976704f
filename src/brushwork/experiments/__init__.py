"""The papers' experiments: grids of runs with a report."""

from __future__ import annotations

from brushwork.experiments.experiment import CellResult, ClaimCheck, ExperimentCell
from brushwork.experiments.papers import EXPERIMENTS, load_experiment
from brushwork.experiments.report import ExperimentReport
from brushwork.experiments.request import ExperimentRequest
from brushwork.experiments.runner import run_cells, run_in_processes, run_on_ray

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
