"""The server's API. Nothing here imports torch, numpy or Pillow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import FastAPI, Header, Query, Response
from fastapi.responses import StreamingResponse

from brushwork._version import __version__
from brushwork.studio.action_routes import make_action_routes
from brushwork.studio.bodies import SessionBody
from brushwork.studio.file_routes import make_file_routes
from brushwork.studio.guard import COOKIE, is_token
from brushwork.studio.job_routes import make_job_routes
from brushwork.studio.option_schema import known_kinds, make_option_schema
from brushwork.studio.problems import PROBLEM_RESPONSES, ProblemError, handle_problems
from brushwork.studio.services import Services
from brushwork.studio.tables import WORKER
from brushwork.studio.tile_routes import make_tile_routes

_ALIVE = 15_000
"""Milliseconds since its last heartbeat during which a worker counts as alive."""


def make_api(services: Services) -> FastAPI:
    """Return the API of a studio, which must run behind its guard."""
    api = FastAPI(
        title="brushwork studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        responses=dict(PROBLEM_RESPONSES),
    )
    handle_problems(api)
    api.include_router(make_job_routes(services))
    api.include_router(make_action_routes(services))
    api.include_router(make_file_routes(services))
    api.include_router(make_tile_routes(services))
    _add_service_routes(api, services)
    return api


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[None]:
    """Context manager in which event streams run; at its end they end, and everything is closed."""
    watching = asyncio.create_task(services.events.watch())
    try:
        yield
    finally:
        await services.events.end()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        services.close()


def _add_service_routes(app: FastAPI, services: Services) -> None:
    @app.get("/api/v1/health", tags=["service"])
    def health() -> Any:
        """Report that the server answers."""
        return {"status": "ok"}

    @app.get("/api/v1/ready", tags=["service"])
    def ready() -> Any:
        """Report whether a worker is there to paint."""
        workers = _workers(services)
        if not any(one["ready"] for one in workers):
            raise ProblemError(503, "no-worker", "No worker is ready to paint: wait, or start brushwork worker.")
        return {"ready": True, "workers": workers}

    @app.get("/api/v1/about", tags=["service"])
    def about() -> Any:
        """Report the version, the workers and the limits."""
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
        """Stream events, as server-sent events."""
        if last_event_id is not None and last_event_id.isdecimal():  # of a connection that was lost
            after = int(last_event_id)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(services.events.stream(after), media_type="text/event-stream", headers=headers)


def _workers(services: Services) -> list[dict[str, Any]]:
    with services.database.read() as connection:
        rows = connection.execute(sa.select(WORKER).where(WORKER.c.heartbeat > services.database.clock - _ALIVE)).all()
    return [{"id": row.id, "ready": row.ready, "device": row.device} for row in rows]
