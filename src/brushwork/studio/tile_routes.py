"""HTTP: giant pictures by their tiles, as Deep Zoom viewers request them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse

from brushwork.studio.file_routes import CACHE_HEADERS, Sha256
from brushwork.studio.services import Services

_Place = Annotated[int, Path(ge=0, le=10**6)]


def make_tile_routes(services: Services) -> APIRouter:
    """Return the routes of tiles."""
    router = APIRouter(prefix="/api/v1/deepzoom", tags=["files"])

    @router.get("/{sha256}.dzi")
    def describe(sha256: Sha256) -> Response:
        """Describe the tiles of a picture, which are made now if it is viewed for the first time."""
        return Response(services.tiles.describe(sha256), media_type="application/xml")

    @router.get("/{sha256}_files/{level}/{column}_{row}.jpeg")
    def tile(sha256: Sha256, level: _Place, column: _Place, row: _Place) -> Response:
        """Return a tile."""
        path = services.tiles.tile(sha256, level, column, row)
        return FileResponse(path, media_type="image/jpeg", headers=CACHE_HEADERS)

    return router
