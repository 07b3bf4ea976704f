"""`brushwork worker`: a process that paints the jobs in the studio's queue."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from brushwork.cli.commands.studio import Address, Folder, require_studio
from brushwork.storage.folders import expand_user


def worker(
    *,
    folder: Folder = None,
    database: Address = None,
    ends_with_parent: Annotated[bool, Parameter(negative=(), show=False)] = False,
) -> int:
    """Paint the jobs in the studio's queue until stopped; another worker continues unfinished ones.

    Parameters
    ----------
    folder
        The studio's folder, as for `brushwork studio`.
    database
        Address of the studio's database, as for `brushwork studio`.
    """
    require_studio()
    from brushwork.studio.folder import find_studio
    from brushwork.studio.worker import run_worker

    run_worker(find_studio(expand_user(folder) if folder else None, database), ends_with_parent=ends_with_parent)
    return 0
