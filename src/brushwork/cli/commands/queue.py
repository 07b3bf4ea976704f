"""`brushwork queue`: the studio's queue on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from brushwork.cli.commands.studio import require_studio
from brushwork.cli.flags import JsonFlag
from brushwork.cli.output import print_json, print_result
from brushwork.errors import InputError
from brushwork.options import require_option
from brushwork.storage.folders import expand_user

_Folder = Annotated[Path | None, Parameter(show_default=False, help="The studio's folder.")]
_Address = Annotated[
    str | None, Parameter(show_default=False, help="Address of the studio's database, if it is PostgreSQL.")
]
_Painting = Annotated[str, Parameter(help="The painting, by the identifier that `brushwork queue list` begins with.")]

app = App(name="queue", help="List, pause, cancel and repeat the studio's paintings.")


@app.command(name="list")
def list_jobs(
    *,
    state: str | None = None,
    limit: int = 20,
    json: JsonFlag = False,
    folder: _Folder = None,
    database: _Address = None,
) -> int:
    """List the paintings, newest first.

    Parameters
    ----------
    state
        Only those that are pending, running, paused, completed, failed or canceled; several with commas between.
    limit
        The largest number of paintings to list.
    json
        Print them as one JSON document.
    """
    require_option(limit >= 1, "limit", limit, "1 or more")
    with _open_store(folder, database) as store:
        jobs, _ = store.list_jobs(state=state, limit=limit)
    if json:
        print_json(jobs)
        return 0
    for job in jobs:
        print_result(_line(job))
    return 0


@app.command
def cancel(job: _Painting, /, *, folder: _Folder = None, database: _Address = None) -> int:
    """Cancel a painting; what was painted so far is kept."""
    return _ask(job, "cancel", folder, database)


@app.command
def pause(job: _Painting, /, *, folder: _Folder = None, database: _Address = None) -> int:
    """Pause a painting, until it is resumed."""
    return _ask(job, "pause", folder, database)


@app.command
def resume(job: _Painting, /, *, folder: _Folder = None, database: _Address = None) -> int:
    """Continue a paused painting."""
    return _ask(job, "resume", folder, database)


@app.command
def again(job: _Painting, /, *, folder: _Folder = None, database: _Address = None) -> int:
    """Paint the same picture again."""
    with _open_store(folder, database) as store:
        print_result(_line(store.repeat(job)))
    return 0


def _ask(job: str, event: Any, folder: _Folder, database: _Address) -> int:
    with _open_store(folder, database) as store:
        print_result(_line(store.ask(job, event)))
    return 0


@contextmanager
def _open_store(folder: _Folder, database: _Address) -> Iterator[Any]:
    require_studio()
    from brushwork.studio.database import Database
    from brushwork.studio.folder import find_studio
    from brushwork.studio.job_store import JobStore
    from brushwork.studio.room import QUOTA, Room

    place = find_studio(expand_user(folder) if folder else None, database)
    if not place.exists:
        raise InputError(
            f"there is no studio in {place.path}: name its folder with --folder, or start brushwork studio."
        )
    with closing(Database(place.database)) as opened:
        quota = JobStore(opened).setting(QUOTA)
        yield JobStore(opened, Room(place, quota).require)


def _line(job: dict[str, Any]) -> str:
    done = f"{100 * job['done'] // job['total']} %" if job["total"] else "—"
    return f"{job['id']}  {job['state']:<9}  {done:>5}  {job['title'] or job['kind']}"
