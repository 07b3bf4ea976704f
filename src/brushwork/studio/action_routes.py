"""HTTP: actions on paintings (pause, cancel, repeat, continue), cards, and the queue."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from brushwork.studio.bodies import CardsBody, GoOnBody, QueueBody, SheetBody
from brushwork.studio.file_store import list_paintings
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_routes import require_file
from brushwork.studio.job_rows import RefusedChangeError
from brushwork.studio.job_store import PAUSED, JobStore
from brushwork.studio.problems import ProblemError
from brushwork.studio.request_options import require_options
from brushwork.studio.services import Services


def make_action_routes(services: Services) -> APIRouter:
    """Return the routes of actions, cards and the queue."""
    router = APIRouter(prefix="/api/v1", tags=["jobs"])
    _add_actions(router, services)
    _add_cards(router, services)
    _add_queue(router, services.store)
    return router


def _add_actions(router: APIRouter, services: Services) -> None:
    store = services.store

    @router.post("/jobs/{job}/cancel")
    def cancel(job: str) -> Any:
        """Cancel a painting; its picture so far is kept."""
        answer = store.ask(job, "cancel")
        is_over = answer["state"] == "canceled" and answer["result"] is None
        if is_over and (kept := services.uploads.keep_picture(job)):
            return store.change(job, result=kept)
        return answer

    for event in ("pause", "resume"):
        router.post(f"/jobs/{{job}}/{event}", name=event)(_make_asker(store, event))

    @router.post("/jobs/{job}/again", status_code=201)
    def again(job: str) -> Any:
        """Repeat a painting."""
        return store.repeat(job)

    @router.post("/jobs/{job}/go-on", status_code=201)
    def go_on(job: str, body: GoOnBody) -> Any:
        """Continue from a result: more iterations, or a larger size."""
        before = store.get(job)
        request = continue_from(before, body)
        return store.create(request, title=before["title"], parent=job, via="larger" if body.size else "go-on")[0]


def _add_cards(router: APIRouter, services: Services) -> None:
    @router.post("/cards", status_code=201)
    def cards(body: CardsBody) -> Any:
        """Create small paintings of a photograph, one for each painting of the list; fewer if there is no room left."""
        known = {one["id"]: one for one in list_paintings(services.database, limit=200)}
        requests = []
        for name in body.paintings:
            if name not in known:
                raise ProblemError(422, "input", "There is no such painting in the list.")
            model, sha256 = known[name]["model"], known[name]["sha256"]
            style: dict[str, Any] = {"model": model} if model else {"paintings": (sha256,)}
            if known[name]["style"]:
                style["options"] = {"style": [known[name]["style"]]}
            elif body.film and not model:
                style["options"] = {"method": "adain"}
            requests.append(PaintingRequest(kind="card", content=body.content, **style))
        require_file(services, "content", body.content)
        jobs = services.store.create_cards(requests)
        cards = zip(body.paintings, jobs, strict=True)
        return {"cards": [{"painting": name, "job": job} for name, job in cards if job is not None]}

    @router.post("/sheets", status_code=201)
    def sheet(body: SheetBody) -> Any:
        """Create the pictures of a contact sheet: one photograph in one painting's style, each with other options."""
        require_file(services, "content", body.content)
        require_file(services, "painting", body.painting)
        requests = [
            PaintingRequest(kind="sample", content=body.content, paintings=(body.painting,), options=options)
            for options in body.options
        ]
        for one in requests:
            require_options(one)
        return {"jobs": services.store.create_cards(requests, urgent=True)}


def _add_queue(router: APIRouter, store: JobStore) -> None:
    @router.get("/queue")
    def queue() -> Any:
        """Return the state of the queue."""
        return {"paused": bool(store.setting(PAUSED)), "counts": store.counts()}

    @router.patch("/queue")
    def change_queue(body: QueueBody) -> Any:
        """Pause or continue the queue; long paintings keep their progress."""
        store.set_setting(PAUSED, body.paused)
        return JSONResponse({"paused": body.paused})


def continue_from(before: dict[str, Any], body: GoOnBody) -> PaintingRequest:
    """Return the request that continues from a painting's result.

    Raises: RefusedChangeError: it has no result, or cannot be continued.
    """
    request, result = PaintingRequest.from_json(before["request"]), before["result"]
    if result is None or not request.paintings or request.kind == "video":
        raise RefusedChangeError("only a painting that has a result, and was made from an image, can be continued.")
    options = {name: value for name, value in request.options.items() if name not in ("strength", "init")}
    size = body.size or max(result["width"], result["height"])
    options |= {"size": size, "measure": "long", "min_size": 0, "iterations": body.iterations}
    return PaintingRequest(
        kind="transfer",
        content=request.content,
        paintings=request.paintings,
        options=options,
        start=result["sha256"],
        regions=request.regions,
    )


def _make_asker(store: JobStore, event: Any) -> Any:
    def ask(job: str) -> Any:
        return store.ask(job, event)

    ask.__doc__ = f"{str(event).capitalize()} a painting."
    return ask
