"""HTTP: create, list and change paintings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from brushwork.studio.bodies import BatchBody, ChangeBody, JobBody, without_none
from brushwork.studio.file_store import find_file, register_painting, require_model
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore
from brushwork.studio.problems import ProblemError
from brushwork.studio.request_options import require_options
from brushwork.studio.services import Services
from brushwork.studio.signatures import require_kind
from brushwork.studio.tables import now
from brushwork.studio.uploads import clean_label

_KEEP_OPEN = "no-store"


def make_job_routes(services: Services) -> APIRouter:
    """Return the routes that create, list and change paintings."""
    router = APIRouter(prefix="/api/v1", tags=["jobs"])
    _add_creation(router, services)
    _add_reading(router, services)
    _add_changes(router, services.store)
    return router


def _add_creation(router: APIRouter, services: Services) -> None:
    store = services.store

    @router.post("/jobs", status_code=201)
    def create(
        body: JobBody, response: Response, idempotency_key: Annotated[str | None, Header(max_length=200)] = None
    ) -> Any:
        """Create a painting; the same Idempotency-Key again gives the same painting."""
        job, is_new = _create(services, body, key=idempotency_key)
        response.status_code = 201 if is_new else 200
        response.headers["location"] = f"/api/v1/jobs/{job['id']}"
        return job

    @router.post("/batches", status_code=201)
    def create_batch(body: BatchBody) -> Any:
        """Create several paintings, all or none."""
        asked = [(_request_of(services, one), clean_label(one.title)) for one in body.jobs]
        batch, jobs = store.create_batch(asked)
        return {"id": batch, "jobs": jobs}


def _add_reading(router: APIRouter, services: Services) -> None:
    store = services.store

    @router.get("/jobs")
    def list_jobs(
        state: Annotated[str | None, Query(pattern=r"^[a-z,]{1,80}$")] = None,
        cursor: Annotated[int | None, Query(ge=0, le=2**53)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 60,
        trashed: bool = False,
    ) -> Any:
        """List the paintings, newest first."""
        jobs, following = store.list_jobs(state=state, before=cursor, limit=limit, trashed=trashed)
        return {"jobs": jobs, "cursor": following}

    @router.get("/jobs/{job}")
    def read(job: str, response: Response) -> Any:
        """Return a painting."""
        found = store.get(job)
        response.headers["etag"] = f'"{found["version"]}"'
        return found

    @router.get("/jobs/{job}/preview")
    def preview(job: str) -> Response:
        """Return the latest preview."""
        path = services.folder.preview(store.get(job)["id"])
        try:
            content = path.read_bytes()  # at once: it may be replaced while it is sent
        except FileNotFoundError:
            raise ProblemError(404, "not-found", "There is no preview yet.") from None
        return Response(content, media_type="image/webp", headers={"cache-control": _KEEP_OPEN})

    @router.get("/jobs/{job}/curve")
    def curve(job: str) -> Any:
        """Return the loss over the iterations."""
        store.get(job)
        return {"points": store.curve(job)}


def _add_changes(router: APIRouter, store: JobStore) -> None:
    @router.patch("/jobs/{job}")
    def change(job: str, body: ChangeBody, if_match: Annotated[str | None, Header(max_length=40)] = None) -> Any:
        """Change the priority, the title, or whether it is pinned."""
        values = without_none(body)
        if "title" in values:
            values["title"] = clean_label(values["title"])
        return store.change(job, version=_version(if_match), **values)

    @router.delete("/jobs/{job}")
    def trash(job: str) -> Any:
        """Move a painting that has ended to the trash."""
        if store.get(job)["state"] in ("pending", "running", "paused"):
            store.ask(job, "cancel")
        return store.change(job, trashed=now())

    @router.post("/jobs/{job}/restore")
    def restore(job: str) -> Any:
        """Take a painting out of the trash."""
        return store.change(job, trashed=None)


def _create(services: Services, body: JobBody, key: str | None) -> tuple[dict[str, Any], bool]:
    request = _request_of(services, body)
    title = clean_label(body.title)
    return services.store.create(request, title=title, parent=body.parent, via=body.via, key=key)


def _request_of(services: Services, body: JobBody) -> PaintingRequest:
    names = "kind", "content", "paintings", "model", "options", "start", "regions"
    request = PaintingRequest.from_json({name: getattr(body, name) for name in names})
    for role, files in request.files.items():
        for sha256 in files:
            require_file(services, role, sha256, is_film=role == "content" and request.kind == "video")
    if request.model is not None:
        require_model(services.database, request.model)
    require_options(request)
    for sha256 in request.paintings:
        known = find_file(services.database, sha256)
        register_painting(services.database, sha256, name=(known or {}).get("name", ""), sha256=sha256, model=None)
    return request


def require_file(services: Services, role: str, sha256: str, *, is_film: bool = False) -> None:
    """Check that a file was uploaded, and is a film if one is needed, else a picture; `role`: its use, in words.

    Raises: ProblemError: it is missing; InputError: it is of another kind.
    """
    known = find_file(services.database, sha256)
    if known is None:
        raise ProblemError(422, "missing-file", f"There is no file {sha256}: upload it first.")
    require_kind(role, known["kind"], is_film=is_film)


def _version(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal():
        raise ProblemError(412, "version", "If-Match is no version of a painting.")
    return int(text)
