"""Jobs: from input files to an output file, with checkpoints, resuming, plans and memory estimates."""

from __future__ import annotations

from brushwork.jobs.events import Advanced, Finished, JobEvent, Note, Started, StepDone, Validated
from brushwork.jobs.interface import paint
from brushwork.jobs.job import FeedForwardJob, OptimizationJob, make_job
from brushwork.jobs.manifest import Manifest
from brushwork.jobs.plan import plan_job
from brushwork.jobs.rerun import RerunJob, job_from_image
from brushwork.jobs.run import run_job
from brushwork.jobs.run_distributed import run_distributed_job
from brushwork.jobs.run_feedforward import plan_feedforward_job, run_feedforward_job

__all__ = [
    "Advanced",
    "FeedForwardJob",
    "Finished",
    "JobEvent",
    "Manifest",
    "Note",
    "OptimizationJob",
    "RerunJob",
    "Started",
    "StepDone",
    "Validated",
    "job_from_image",
    "make_job",
    "paint",
    "plan_feedforward_job",
    "plan_job",
    "run_distributed_job",
    "run_feedforward_job",
    "run_job",
]
