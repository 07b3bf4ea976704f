"""The files of the page. They are served before the libraries of the API are imported."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response

from brushwork.studio.problem_response import problem_response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

STATIC = Path(str(files("brushwork.studio").joinpath("static")))

_INDEX = "index.html"
_PREFIX = "/static/"
_INLINE_SCRIPT = re.compile(rb"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_METHODS = ("GET", "HEAD")


class PageFiles:
    """ASGI app that answers with the page and its files. It knows only the names that existed at its start."""

    def __init__(self) -> None:
        found = {f"{_PREFIX}{path.relative_to(STATIC).as_posix()}": path for path in STATIC.rglob("*.*")}
        self._known = {name: path for name, path in found.items() if path.suffix in _TYPES} | {"/": STATIC / _INDEX}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in _METHODS:
            return problem_response(405, "http", "The page can only be read.", {"allow": ", ".join(_METHODS)})
        path = self._known.get(scope["path"])
        if path is None:
            return problem_response(404, "not-found", "There is no such file.")
        content = path.read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"cache-control": "no-cache", "etag": tag}
        if tag.encode() in dict(scope["headers"]).get(b"if-none-match", b""):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_TYPES[path.suffix], headers=headers)


def is_page(path: str) -> bool:
    """Return whether the path of a request is that of the page or one of its files."""
    return path == "/" or path.startswith(_PREFIX)


def script_hashes() -> tuple[str, ...]:
    """Return the hashes of the page's inline scripts, for its Content-Security-Policy."""
    page = (STATIC / _INDEX).read_bytes()
    return tuple(b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page))
