"""Jobs: from input files to an output file, with checkpoints, resuming, plans and memory estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.jobs.events import Advanced, Finished, JobEvent, Note, Started, StepDone, Validated
    from brushwork.jobs.interface import paint
    from brushwork.jobs.job import Job, JobOptions, Masks
    from brushwork.jobs.manifest import Manifest
    from brushwork.jobs.plan import JobPlan, plan_job
    from brushwork.jobs.rerun import ImageOrigin, RerunJob, job_from_image, read_network, read_origin
    from brushwork.jobs.run import run_job
    from brushwork.jobs.run_distributed import run_distributed_job, run_on_all_ranks
    from brushwork.jobs.workers import Executor, pick_executor
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "Advanced",
    "Executor",
    "Finished",
    "ImageOrigin",
    "Job",
    "JobEvent",
    "JobOptions",
    "JobPlan",
    "Manifest",
    "Masks",
    "Note",
    "RerunJob",
    "Started",
    "StepDone",
    "Validated",
    "job_from_image",
    "paint",
    "pick_executor",
    "plan_job",
    "read_network",
    "read_origin",
    "run_distributed_job",
    "run_job",
    "run_on_all_ranks",
]
