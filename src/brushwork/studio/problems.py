"""Errors as `application/problem+json`, RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from brushwork.errors import BrushworkError, InputError
from brushwork.studio.database import DATABASE_LOST
from brushwork.studio.job_rows import RefusedChangeError, UnknownJobError
from brushwork.studio.problem_response import MEDIA_TYPE, problem_response

_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was given, what was expected, what to do."},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
PROBLEM_RESPONSES: Mapping[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
    for status, description in (("4XX", "The request is refused."), ("5XX", "It cannot be answered now."))
}
"""The responses of every operation, for the description of the API."""


class ProblemError(BrushworkError):
    """A refused request, with the status and the name of the problem."""

    def __init__(self, status: int, name: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.name, self.headers = status, name, dict(headers or {})


def handle_problems(app: FastAPI) -> None:
    """Make the app answer every error as a problem."""

    @app.exception_handler(ProblemError)
    def refused(_: Request, error: ProblemError) -> JSONResponse:
        return problem_response(error.status, error.name, str(error), error.headers)

    @app.exception_handler(UnknownJobError)
    def unknown(_: Request, error: UnknownJobError) -> JSONResponse:
        return problem_response(404, "not-found", str(error))

    @app.exception_handler(RefusedChangeError)
    def conflict(_: Request, error: RefusedChangeError) -> JSONResponse:
        return problem_response(409, "state", str(error))

    def unanswered(_: Request, error: Exception) -> JSONResponse:
        return problem_response(503, "database", "The database does not answer now: try again.", {"retry-after": "5"})

    for kind in DATABASE_LOST:
        app.add_exception_handler(kind, unanswered)

    @app.exception_handler(InputError)
    def invalid(_: Request, error: InputError) -> JSONResponse:
        return problem_response(422, "input", str(error))

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"pointer": "/" + "/".join(str(part) for part in one["loc"]), "detail": one["msg"]}
            for one in error.errors()
        ]
        return problem_response(422, "input", "The request does not have the expected form.", errors=errors)

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> JSONResponse:
        return problem_response(error.status_code, "http", str(error.detail), error.headers)
