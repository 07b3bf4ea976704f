"""Run the server: its page and API under uvicorn, and its workers beside it.

The page is served before the libraries of the API are imported, which takes most of a second: the browser loads it
meanwhile.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from brushwork.errors import InputError
from brushwork.studio.settings import StudioSettings
from brushwork.studio.supervisor import keep_workers

if TYPE_CHECKING:
    from fastapi import FastAPI

    from brushwork.studio.services import Services

_SECONDS_TO_END = 3
_LOOK = 0.05
_MOST_HEADER_BYTES = 16 * 1024


def run_server(settings: StudioSettings, started: Callable[[], None]) -> None:
    """Serve the studio until the process is told to end; `started` is called once it accepts requests.

    Raises: InputError: the port or the folder is in use, or cannot be used.
    """
    folder = settings.studio_folder
    folder.make()
    with folder.lock("server") as is_alone:
        if not is_alone:
            raise InputError(f"another studio uses {settings.folder}: end it, or name another one with --folder.")
        with _bind(settings) as bound, keep_workers(folder, settings.workers):
            started()
            asyncio.run(_serve(settings, bound))


async def _serve(settings: StudioSettings, bound: socket.socket) -> None:
    import uvicorn

    from brushwork.studio.app import StudioApp
    from brushwork.studio.quiet_server import QuietServer

    app = StudioApp(settings)
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_SECONDS_TO_END,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )
    server = QuietServer(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        api, services = await asyncio.to_thread(_open_studio, settings)
        from brushwork.studio.api import running

        async with running(services):
            app.open(api)
            while not server.should_exit and not serving.done():
                await asyncio.sleep(_LOOK)
            await services.events.end()  # streams do not end by themselves, and the server waits for them
            await serving
    finally:
        server.should_exit = True
        await serving


def _open_studio(settings: StudioSettings) -> tuple[FastAPI, Services]:
    from brushwork.studio.api import make_api
    from brushwork.studio.known_paintings import register_shipped
    from brushwork.studio.services import Services

    services = Services.of(settings)
    register_shipped(services.database, services.folder)
    return make_api(services), services


def _bind(settings: StudioSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except OSError as error:
        bound.close()
        raise InputError(
            f"{settings.host}:{settings.port} cannot be used ({error.strerror}): choose another one with --port."
        ) from error
    bound.listen(256)
    return bound
