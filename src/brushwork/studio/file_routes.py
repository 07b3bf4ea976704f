"""HTTP: files by their SHA-256, their thumbnails, and the paintings to choose from."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from brushwork.studio.bodies import PaintingBody
from brushwork.studio.file_store import find_file, hide_painting, list_paintings, register_painting
from brushwork.studio.problems import ProblemError
from brushwork.studio.services import Services
from brushwork.studio.signatures import CONTENT_TYPES, require_kind
from brushwork.studio.uploads import clean_label

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]

CACHE_HEADERS = {"cache-control": "private, max-age=31536000, immutable"}
"""For files that are named by their content, and never change."""


def make_file_routes(services: Services) -> APIRouter:
    """Return the routes of files and paintings."""
    router = APIRouter(prefix="/api/v1", tags=["files"])

    @router.put("/files", status_code=201)
    async def upload(
        request: Request,
        content_length: Annotated[int | None, Header(ge=0)] = None,
        x_name: Annotated[str, Header(max_length=2000)] = "",
    ) -> Any:
        """Upload an image as the body of the request. `X-Name`: its label, percent-encoded."""
        known, is_new = await services.uploads.receive(request.stream(), unquote(x_name), content_length)
        return JSONResponse(known, 201 if is_new else 200)

    @router.head("/files/{sha256}", include_in_schema=False)
    @router.get("/files/{sha256}")
    def read(sha256: Sha256, download: bool = False) -> Response:
        """Return a file."""
        known = _require(services, sha256)
        headers = CACHE_HEADERS | {"etag": f'"{sha256}"'}
        if download:
            name = f"{clean_label(known['name']) or 'brushwork'}-{sha256[:8]}.{known['kind']}"
            return FileResponse(
                services.folder.stored(sha256), media_type=CONTENT_TYPES[known["kind"]], filename=name, headers=headers
            )
        headers["content-disposition"] = "inline"
        return FileResponse(services.folder.stored(sha256), media_type=CONTENT_TYPES[known["kind"]], headers=headers)

    @router.get("/files/{sha256}/info")
    def info(sha256: Sha256) -> Any:
        """Return the record of a file."""
        return _require(services, sha256)

    @router.get("/files/{sha256}/thumbnail")
    def thumbnail(sha256: Sha256, width: Annotated[int, Query(ge=1, le=4096)] = 320) -> Response:
        """Return a thumbnail of an image."""
        path = services.uploads.thumbnail(sha256, width)
        return FileResponse(path, media_type="image/webp", headers=CACHE_HEADERS | {"etag": f'"{sha256}-{width}"'})

    @router.get("/paintings")
    def paintings() -> Any:
        """List the paintings to choose from, last used first."""
        return {"paintings": list_paintings(services.database)}

    @router.post("/paintings", status_code=201)
    def add(body: PaintingBody) -> Any:
        """Add an uploaded image to the paintings."""
        known = _require(services, body.sha256)
        require_kind("sha256", known["kind"])
        name = clean_label(body.name) or known["name"]
        register_painting(services.database, body.sha256, name=name, sha256=body.sha256, model=None)
        return {"id": body.sha256, "name": name, "sha256": body.sha256, "model": None}

    @router.delete("/paintings/{identity}", status_code=204)
    def remove(identity: Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")]) -> Response:
        """Take a painting off the list."""
        hide_painting(services.database, identity)
        return Response(status_code=204)

    return router


def _require(services: Services, sha256: str) -> dict[str, Any]:
    known = find_file(services.database, sha256)
    if known is None or not services.folder.stored(sha256).exists():
        raise ProblemError(404, "not-found", "There is no such file.")
    return known
