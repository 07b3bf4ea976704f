"""What a job will take, without running it."""

from __future__ import annotations

from brushwork.evaluate.plan import Plan
from brushwork.jobs.job import Job
from brushwork.perception import Encoder


def plan(job: Job, *, timed: bool = True, memory: int | None = None, encoder: Encoder | None = None) -> Plan:
    """Scales, closures, peak memory and, if `timed`, seconds of a job. Pictures are only measured, nothing is painted.

    `timed` paints a few closures at a small size to learn the machine's speed. `memory` is what may be used, in bytes;
    None: what the machine has left.

    Raises: InputError, WeightsError: as `paint`.
    """
    raise NotImplementedError
