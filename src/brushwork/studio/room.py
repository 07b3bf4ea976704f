"""Whether the studio has room for more paintings: in its queue, on its disk, and in the quota of its pictures."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from brushwork.studio.file_store import stored_bytes
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import HELPERS
from brushwork.studio.problems import ProblemError
from brushwork.studio.tables import JOB

QUOTA = "quota"
"""Name of the setting with the quota of the studio that was started last, for processes that do not serve it."""

_MOST_WAITING = 1000


@dataclass(frozen=True)
class Room:
    """The room that a studio has."""

    folder: StudioFolder
    quota: int | None = None
    """Limit in bytes of pictures; once it is reached, nothing new is painted; None: no limit."""

    def require(self, connection: sa.Connection) -> None:
        """Refuse a new painting, a card or a sample if there is no room for it.

        Raises: ProblemError.
        """
        if self.quota is not None and stored_bytes(connection) >= self.quota:
            raise ProblemError(507, "quota", f"The pictures take {self.quota / 10**9:g} GB, all that --quota allows.")
        if not self.folder.has_room():
            raise ProblemError(507, "disk-full", "The disk has less than 2 GB left: nothing more is painted.")
        waiting = sa.select(sa.func.count()).where(JOB.c.kind.not_in(HELPERS), JOB.c.state == "pending")
        if connection.execute(waiting).scalar_one() >= _MOST_WAITING:
            raise ProblemError(429, "queue-full", f"{_MOST_WAITING} paintings wait already.", {"retry-after": "60"})
