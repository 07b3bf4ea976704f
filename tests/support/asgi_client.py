"""Calls an ASGI app directly: no server, no sockets, no other library."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Response:
    """The response to a request."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class AsgiClient:
    """Sends requests to an app as a browser on this machine does."""

    def __init__(self, app: Any, port: int = 8765) -> None:
        self.app, self.host = app, f"127.0.0.1:{port}"

    def request(
        self, method: str, path: str, *, body: bytes = b"", data: Any = None, headers: dict[str, str] | None = None
    ) -> Response:
        given = {"host": self.host} | (headers or {})
        if data is not None:
            body, given = json.dumps(data).encode(), {"content-type": "application/json"} | given
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8765),
        }
        return asyncio.run(self._request(scope, body))

    def get(self, path: str, **more: Any) -> Response:
        return self.request("GET", path, **more)

    def post(self, path: str, data: Any = None, **more: Any) -> Response:
        return self.request("POST", path, data={} if data is None else data, **more)

    async def _request(self, scope: dict[str, Any], body: bytes) -> Response:
        sent: list[dict[str, Any]] = []
        parts = [body[start : start + 65536] for start in range(0, len(body), 65536)] or [b""]
        response_complete = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if parts:
                part = parts.pop(0)
                return {"type": "http.request", "body": part, "more_body": bool(parts)}
            await response_complete.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                response_complete.set()

        await self.app(scope, receive, send)
        start = next(one for one in sent if one["type"] == "http.response.start")
        content = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
        return Response(start["status"], {key.decode(): value.decode() for key, value in start["headers"]}, content)
