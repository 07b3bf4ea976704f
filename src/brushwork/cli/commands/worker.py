"""`brushwork worker`: a process that paints what the studio's queue holds."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from brushwork.cli.commands.studio import Folder, require_studio
from brushwork.storage.folders import expand_user


def worker(
    *,
    folder: Folder = None,
    ends_with_parent: Annotated[bool, Parameter(negative=(), show=False)] = False,
) -> int:
    """Paint what the studio's queue holds, until it is ended; what is not finished goes on in another worker.

    Parameters
    ----------
    folder
        The studio's folder, as for `brushwork studio`.
    """
    require_studio()
    from brushwork.studio.folder import StudioFolder, default_folder
    from brushwork.studio.worker import run_worker

    run_worker(StudioFolder(expand_user(folder) if folder else default_folder()), ends_with_parent=ends_with_parent)
    return 0
