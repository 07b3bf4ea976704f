"""Run the server: the app under uvicorn, and its workers beside it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from brushwork.errors import InputError
from brushwork.studio.app import make_app
from brushwork.studio.folder import StudioFolder
from brushwork.studio.settings import StudioSettings
from brushwork.studio.supervisor import keep_workers

_SECONDS_TO_END = 3
_LOOK = 0.05
_MOST_HEADER_BYTES = 16 * 1024


def run_server(settings: StudioSettings, started: Callable[[], None]) -> None:
    """Serve the studio until the process is told to end; `started` is called when it answers.

    Raises: InputError: the port or the folder is in use, or cannot be used.
    """
    folder = StudioFolder(settings.folder)
    folder.make()
    with folder.lock("server") as is_alone:
        if not is_alone:
            raise InputError(f"another studio uses {settings.folder}: end it, or name another one with --folder.")
        with _bind(settings) as bound:
            asyncio.run(_serve(settings, bound, started))


class QuietServer(uvicorn.Server):
    """Server that leaves signals to us: Ctrl-C is the usual end of the studio, not an error."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing; see `_serve`."""
        yield

    def stop(self) -> None:
        """End when all answers are sent; asked again, at once."""
        self.force_exit, self.should_exit = self.should_exit, True


async def _serve(settings: StudioSettings, bound: socket.socket, started: Callable[[], None]) -> None:
    app = make_app(settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_SECONDS_TO_END,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
    )
    server = QuietServer(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    async with keep_workers(settings.folder, settings.workers):
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started and not serving.done():
            await asyncio.sleep(_LOOK)
        if server.started:
            started()
        while not server.should_exit and not serving.done():
            await asyncio.sleep(_LOOK)
        await app.services.events.end()  # streams have no end of their own, and the server waits for them
        await serving


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
