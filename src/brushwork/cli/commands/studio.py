"""`brushwork studio`: the page in the browser. Server libraries are imported when it runs, not for its help."""

from __future__ import annotations

import webbrowser
from math import inf
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from brushwork.cli.output import log, print_result
from brushwork.errors import require_extra
from brushwork.options import require_option
from brushwork.storage.folders import expand_user

_PORT = 8765

Folder = Annotated[Path | None, Parameter(show_default=False)]
Address = Annotated[str | None, Parameter(show_default=False)]


def studio(
    *,
    open: bool = True,
    host: str = "127.0.0.1",
    port: int = _PORT,
    folder: Folder = None,
    database: Address = None,
    allow_host: Annotated[list[str], Parameter(consume_multiple=True, negative=(), show_default=False)] = [],  # noqa: B006
    workers: int = 1,
    certificate: Folder = None,
    key: Folder = None,
    quota: Annotated[float | None, Parameter(show_default=False)] = None,
) -> int:
    """Open the studio: a page in the browser where photographs are painted, on this machine.

    Paintings are kept in a folder and continue after a restart. Nothing leaves this machine. Ctrl-C ends it.

    Parameters
    ----------
    open
        Open the page in the browser.
    host
        Address to listen on. Any other than 127.0.0.1 lets other machines in, with the token in the printed link.
    port
        Port to listen on.
    folder
        Folder of the paintings and the queue; BRUSHWORK_STUDIO, or one in your data folder, if none is named.
    database
        Address of a PostgreSQL database, for workers on several machines, which then share the folder;
        BRUSHWORK_STUDIO_DATABASE, or SQLite in the folder, if none is named.
    allow_host
        Other names of this machine in the address bar, such as that of a reverse proxy; with the port, if it is
        neither this one nor the usual one.
    workers
        Processes that paint; 0 if `brushwork worker` runs elsewhere.
    certificate
        Certificate for https, a PEM file.
    key
        Private key of the certificate, if it is not in the same file.
    quota
        Limit in gigabytes of pictures; once it is reached, nothing new is painted, and nothing is deleted.
    """
    require_studio()
    from brushwork.studio.folder import find_studio
    from brushwork.studio.server import run_server
    from brushwork.studio.settings import make_settings

    require_option(quota is None or 0 <= quota < inf, "quota", quota, "0 or more gigabytes, and finite")
    place = find_studio(expand_user(folder) if folder else None, database)
    settings = make_settings(
        place.path,
        host,
        port,
        tuple(allow_host),
        workers,
        certificate=expand_user(certificate) if certificate else None,
        key=expand_user(key) if key else None,
        database=place.address,
        quota=None if quota is None else round(quota * 10**9),
    )

    def started() -> None:
        print_result(settings.address)
        log("Ctrl-C ends the studio; paintings that are not finished go on at the next start.")
        if open:
            webbrowser.open(settings.address)

    run_server(settings, started)
    return 0


def require_studio() -> None:
    """Check that the libraries of the studio are installed.

    Raises: InputError: one is missing.
    """
    require_extra("the studio", "studio", "dbos", "fastapi", "uvicorn")
