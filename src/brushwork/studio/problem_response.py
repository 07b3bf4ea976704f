"""A refusal as `application/problem+json`, RFC 9457. It is imported before the first page is served: nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


def problem_response(
    status: int, name: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return the response that describes a problem."""
    title = HTTPStatus(status).phrase
    document = {"type": f"/problems/{name}", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(document, status, dict(headers or {}), MEDIA_TYPE)
