"""The papers' experiments, each a grid of runs with a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.experiments.contact_sheet import SHEET
    from brushwork.experiments.context import FULL_SIZE, QUICK_SIZE
    from brushwork.experiments.experiment import CellResult, ClaimCheck, ExperimentCell
    from brushwork.experiments.papers import EXPERIMENTS, load_experiment
    from brushwork.experiments.report import ExperimentReport
    from brushwork.experiments.request import ExperimentRequest
    from brushwork.experiments.results import ResultStore
    from brushwork.experiments.runner import run_cells
    from brushwork.experiments.sweep import Sweep, SweepChoice, as_experiment, combine_variations
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "EXPERIMENTS",
    "FULL_SIZE",
    "QUICK_SIZE",
    "SHEET",
    "CellResult",
    "ClaimCheck",
    "ExperimentCell",
    "ExperimentReport",
    "ExperimentRequest",
    "ResultStore",
    "Sweep",
    "SweepChoice",
    "as_experiment",
    "combine_variations",
    "load_experiment",
    "run_cells",
]
