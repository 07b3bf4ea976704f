"""The server's ASGI app: the page, its files, and the API. Nothing here imports torch, numpy or Pillow."""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from brushwork._version import __version__
from brushwork.studio.action_routes import make_action_routes
from brushwork.studio.bodies import SessionBody
from brushwork.studio.file_routes import make_file_routes
from brushwork.studio.guard import COOKIE, Guard, GuardRules, content_policy, is_token, local_hosts
from brushwork.studio.job_routes import make_job_routes
from brushwork.studio.known_paintings import register_shipped
from brushwork.studio.option_schema import known_kinds, make_option_schema
from brushwork.studio.problems import PROBLEM_RESPONSES, ProblemError, handle_problems
from brushwork.studio.services import Services
from brushwork.studio.settings import StudioSettings
from brushwork.studio.tables import WORKER
from brushwork.studio.tile_routes import make_tile_routes

STATIC = Path(str(files("brushwork.studio").joinpath("static")))

_INLINE_SCRIPT = re.compile(rb"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_ALIVE = 15_000
"""Milliseconds since the last heartbeat within which a worker counts as alive."""


class StudioApp(Guard):
    """The app behind its guard, with its services."""

    def __init__(self, app: FastAPI, rules: GuardRules, services: Services) -> None:
        super().__init__(app, rules)
        self.services = services


def make_app(settings: StudioSettings) -> StudioApp:
    """Return the app, behind its guard.

    Raises: InputError: the studio's folder cannot be used.
    """
    services = Services.of(settings)
    app = FastAPI(
        title="brushwork studio",
        version=__version__,
        lifespan=_make_lifespan(services),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        responses=dict(PROBLEM_RESPONSES),
    )
    handle_problems(app)
    app.include_router(make_job_routes(services))
    app.include_router(make_action_routes(services))
    app.include_router(make_file_routes(services))
    app.include_router(make_tile_routes(services))
    _add_service_routes(app, services)
    _add_page(app)
    rules = GuardRules(
        local_hosts(settings.port, settings.allowed_hosts),
        settings.token_sha256,
        content_policy(_script_hashes()),
    )
    return StudioApp(app, rules, services)


def _make_lifespan(services: Services) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        register_shipped(services.database, services.folder)
        watching = asyncio.create_task(services.events.watch())
        yield
        await services.events.end()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        services.close()

    return lifespan


def _add_service_routes(app: FastAPI, services: Services) -> None:
    @app.get("/api/v1/health", tags=["service"])
    def health() -> Any:
        """Tell that the server answers."""
        return {"status": "ok"}

    @app.get("/api/v1/ready", tags=["service"])
    def ready() -> Any:
        """Tell whether a worker is there that paints."""
        workers = _workers(services)
        if not any(one["ready"] for one in workers):
            raise ProblemError(503, "no-worker", "No worker is ready to paint: wait, or start brushwork worker.")
        return {"ready": True, "workers": workers}

    @app.get("/api/v1/about", tags=["service"])
    def about() -> Any:
        """Tell the version, the workers and the limits."""
        limits = services.settings.limits
        return {
            "version": __version__,
            "workers": _workers(services),
            "limits": {"bytes": limits.max_bytes, "pixels": limits.max_pixels},
        }

    @app.get("/api/v1/recipes", tags=["service"])
    def recipes() -> Any:
        """List the kinds of painting."""
        return {"kinds": list(known_kinds())}

    @app.get("/api/v1/recipes/{kind}/schema", tags=["service"])
    def schema(kind: str) -> Any:
        """Return the options of a kind of painting as a JSON schema."""
        if kind not in known_kinds():
            raise ProblemError(404, "not-found", f"There is no kind {kind!r} of painting.")
        return make_option_schema(known_kinds()[kind])

    @app.post("/api/v1/session", tags=["service"], status_code=204)
    def session(body: SessionBody) -> Response:
        """Exchange the token for a cookie."""
        expected = services.settings.token_sha256
        response = Response(status_code=204)
        if expected is None:
            return response
        if not is_token(body.token, expected):
            raise ProblemError(401, "token", "The token is wrong: open the link that brushwork studio has printed.")
        has_tls = services.settings.certificate is not None
        name = f"__Host-{COOKIE}" if has_tls else COOKIE
        response.set_cookie(name, body.token, httponly=True, samesite="strict", path="/", secure=has_tls)
        return response

    @app.get("/api/v1/events", tags=["service"])
    async def events(
        last_event_id: Annotated[str | None, Header(max_length=30)] = None,
        after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    ) -> StreamingResponse:
        """Stream what happens, as server-sent events."""
        if after is None and last_event_id is not None and last_event_id.isdecimal():
            after = int(last_event_id)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(services.events.stream(after), media_type="text/event-stream", headers=headers)


def _workers(services: Services) -> list[dict[str, Any]]:
    with services.database.read() as connection:
        rows = connection.execute(sa.select(WORKER).where(WORKER.c.heartbeat > services.database.clock - _ALIVE)).all()
    return [{"id": row.id, "ready": row.ready, "device": row.device} for row in rows]


def _add_page(app: FastAPI) -> None:
    known = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        return FileResponse(STATIC / "index.html", media_type=_TYPES[".html"], headers={"cache-control": "no-cache"})

    @app.get("/static/{name:path}", include_in_schema=False)
    def static(name: str, request: Request) -> Response:
        # Only names that were there when the server started: no path of a request reaches the file system.
        path = known.get(name)
        if path is None or path.suffix not in _TYPES:
            raise ProblemError(404, "not-found", "There is no such file.")
        tag = f'"{_tag(path)}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        headers = {"cache-control": "no-cache", "etag": tag}
        return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=headers)


def _tag(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _script_hashes() -> tuple[str, ...]:
    page = (STATIC / "index.html").read_bytes()
    return tuple(b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page))
