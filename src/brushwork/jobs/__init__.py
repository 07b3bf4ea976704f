"""Jobs: paintings as people ask for them, from files to a file, with nothing lost on the way."""

from __future__ import annotations

from brushwork.jobs.again import RerunJob, job_from_image
from brushwork.jobs.events import Advanced, Finished, JobEvent, Note, Started
from brushwork.jobs.job import FeedForwardJob, OptimizationJob, make_job
from brushwork.jobs.one_pass import run_feedforward_job
from brushwork.jobs.one_pass_need import plan_feedforward_job
from brushwork.jobs.plan import plan_job
from brushwork.jobs.record import Manifest
from brushwork.jobs.run import run_job
from brushwork.jobs.together import run_distributed_job

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
    "job_from_image",
    "make_job",
    "plan_feedforward_job",
    "plan_job",
    "run_distributed_job",
    "run_feedforward_job",
    "run_job",
]
