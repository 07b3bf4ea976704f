"""How long a worker goes on after *Enough* or *Cancel*: until its picture is kept, and until the next painting begins.

python bench/studio/cancel.py PHOTOGRAPH PAINTING

A painting of 512 pixels is canceled while its draft is painted, at a smaller size, at 512 pixels, and when it was resumed.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from page import start
from service import ask, percentile, until_it_answers

from brushwork.studio.claims import FIRST_OWN_PREVIEW
from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore
from brushwork.studio.states import Transition

PATIENCE = 300.0
AT_ONE_SIZE = {"size": 512, "min_size": 0, "iterations": 40}
"""Of 40 iterations, the tenth is shown."""
PAUSE_AND_RESUME: tuple[tuple[Transition, str], ...] = ("pause", "paused"), ("resume", "running")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        server, address = start(path)
        try:
            until_it_answers(f"{address}api/v1")
            studio = Studio(f"{address}api/v1", Path(path), given.photograph, given.painting)
            report = {
                "while_the_draft_is_painted": studio.measure({"size": 512}, has_draft, given.rounds),
                "at_a_smaller_size": studio.measure({"size": 512}, has_own_preview, given.rounds),
                "at_512_pixels": studio.measure(AT_ONE_SIZE, has_own_preview, given.rounds),
                "when_it_was_resumed": studio.measure(AT_ONE_SIZE, has_own_preview, given.rounds, pause=True),
            }
        finally:
            server.terminate()
            server.wait(60)
    print(json.dumps(report | {"load": round(os.getloadavg()[0], 1)}, indent=2))


class Studio:
    """A studio with its server and worker."""

    def __init__(self, api: str, path: Path, photograph: Path, painting: Path) -> None:
        self.store = JobStore(Database(StudioFolder(path).database))
        pictures = photograph, painting
        self.files = [json.loads(ask("PUT", f"{api}/files", one.read_bytes()))["sha256"] for one in pictures]
        until(lambda: any(one["ready"] for one in json.loads(ask("GET", f"{api}/about"))["workers"]))

    def measure(
        self, options: dict[str, Any], is_time: Callable[[dict[str, Any]], bool], rounds: int, *, pause: bool = False
    ) -> dict[str, Any]:
        """Cancel paintings when it is time; return the seconds until they are kept, and until the next one begins."""
        kept, free, sizes = [], [], set()
        for _ in range(rounds):
            job = self.create(kind="transfer", paintings=self.files[1:], options=options)
            self.wait(job, is_time)
            if pause:
                self.pause_and_resume(job)
            following = self.create(kind="blend", start=self.files[1], options={"strength": 0.5})
            began = time.time()
            self.store.ask(job, "cancel")
            begun = self.wait(following, lambda found: found["state"] == "completed")["started"]
            over = self.store.get(job)
            kept.append(over["finished"] / 1000 - began)
            free.append(begun / 1000 - began)
            sizes.add(f"{over['result']['width']}×{over['result']['height']}")
        return {"kept_ms": list_times(kept), "free_ms": list_times(free), "sizes": sorted(sizes)}

    def pause_and_resume(self, job: str) -> None:
        for action, state in PAUSE_AND_RESUME:
            self.store.ask(job, action)
            self.wait(job, lambda found, state=state: found["state"] == state)  # type: ignore[misc]

    def create(self, **request: Any) -> str:
        job: str = self.store.create(PaintingRequest.from_json({"content": self.files[0], **request}))[0]["id"]
        return job

    def wait(self, job: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        until(lambda: holds(self.store.get(job)))
        return self.store.get(job)


def list_times(seconds: list[float]) -> dict[str, Any]:
    return {"median": percentile(seconds, 0.5), "all": sorted(round(1000 * one) for one in seconds)}


def has_draft(job: dict[str, Any]) -> bool:
    return bool(0 < job["preview"] < FIRST_OWN_PREVIEW)


def has_own_preview(job: dict[str, Any]) -> bool:
    return bool(job["preview"] > FIRST_OWN_PREVIEW)


def until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > limit:
            raise SystemExit(f"waited {PATIENCE:g} s")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
