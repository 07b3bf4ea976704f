"""Jobs: paintings as people ask for them, from files to a file, with nothing lost on the way."""

from __future__ import annotations

from brushwork.jobs.again import Repeat, again
from brushwork.jobs.events import Event, Finished, Note, Passed, Started
from brushwork.jobs.job import Job, OnePass, commission
from brushwork.jobs.one_pass import paint_at_once
from brushwork.jobs.one_pass_need import plan_at_once
from brushwork.jobs.plan import plan
from brushwork.jobs.record import Record
from brushwork.jobs.run import paint
from brushwork.jobs.together import paint_together

__all__ = [
    "Event",
    "Finished",
    "Job",
    "Note",
    "OnePass",
    "Passed",
    "Record",
    "Repeat",
    "Started",
    "again",
    "commission",
    "paint",
    "paint_at_once",
    "paint_together",
    "plan",
    "plan_at_once",
]
