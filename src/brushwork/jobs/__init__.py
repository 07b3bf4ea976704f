"""Jobs: paintings as people ask for them, from files to a file, with nothing lost on the way."""

from __future__ import annotations

from brushwork.jobs.again import Repeat, again
from brushwork.jobs.events import Event, Finished, Note, Started
from brushwork.jobs.job import Job
from brushwork.jobs.plan import plan
from brushwork.jobs.record import Record
from brushwork.jobs.run import paint
from brushwork.jobs.together import paint_together

__all__ = [
    "Event",
    "Finished",
    "Job",
    "Note",
    "Record",
    "Repeat",
    "Started",
    "again",
    "paint",
    "paint_together",
    "plan",
]
