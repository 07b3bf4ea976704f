"""Numbers of the studio's service without painting: uploads at once, jobs created, a long history, events, memory.

python bench/studio/service.py
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any

from page import resident, start
from PIL import Image

from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder, find_studio
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore

SIDE = 1300
"""Pixels of an uploaded picture of noise: 5 MB as PNG."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--history", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--database", help="address of an empty database of PostgreSQL; SQLite if none is named")
    given = parser.parse_args()
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = find_studio(Path(folder), given.database)
        server, address = start(folder, "--workers", "0", *(["--database", given.database] if given.database else []))
        api = f"{address}api/v1"
        try:
            until_it_answers(api)
            report |= measure_uploads(api, given.uploads) | {"rss_after_uploads_mb": resident(server.pid)}
            report |= measure_history(api, place, given.history, given.streams) | {
                "rss_at_the_end_mb": resident(server.pid)
            }
        finally:
            server.terminate()
            server.wait(60)
    report["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(report, indent=2))


def measure_uploads(api: str, count: int) -> dict[str, Any]:
    """Upload pictures at once, eight at a time, and look at the paintings meanwhile."""
    pictures = [noise() for _ in range(count)]
    over, times = Event(), []

    def look() -> None:
        while not over.wait(0.05):
            began = time.monotonic()
            ask("GET", f"{api}/paintings")
            times.append(time.monotonic() - began)

    looking = Thread(target=look)
    looking.start()
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: ask("PUT", f"{api}/files", one), pictures))
    seconds = time.monotonic() - began
    over.set()
    looking.join()
    known = [
        json.loads(answer)["sha256"] == hashlib.sha256(one).hexdigest()
        for answer, one in zip(answers, pictures, strict=True)
    ]
    return {
        "uploads": sum(known),
        "megabytes_each": round(len(pictures[0]) / 1e6, 1),
        "uploads_s": round(seconds, 1),
        "other_gets_p95_ms": percentile(times),
    }


def measure_history(api: str, folder: StudioFolder, count: int, streams: int) -> dict[str, Any]:
    """Create jobs, list them, and measure how long it takes from a commit to the event."""
    store = JobStore(Database(folder.database))
    content = json.loads(ask("GET", f"{api}/paintings"))["paintings"][0]["sha256"]
    request = PaintingRequest(kind="instant", content=content, paintings=(content,), options={"size": 256})
    began = time.monotonic()
    for _ in range(100):
        store.create(request)
    created = 100 / (time.monotonic() - began)
    for place in range(100, count, 500):
        store.create_batch([(request, "a title")] * min(500, count - place))
    times = []
    for _ in range(30):
        began = time.monotonic()
        ask("GET", f"{api}/jobs?limit=60")
        times.append(time.monotonic() - began)
    delays = measure_events(api, lambda: store.create(request), streams)
    return {
        "jobs_created_per_s": round(created),
        "history": count,
        "list_page_p95_ms": percentile(times),
        "streams": streams,
        "commit_to_event_p95_ms": percentile(delays),
    }


def measure_events(api: str, commit: Callable[[], object], streams: int) -> list[float]:
    """Return the seconds from a commit until each of the streams has its event."""
    opened = [urllib.request.urlopen(f"{api}/events") for _ in range(streams)]
    for stream in opened:
        read_event(stream)
    delays = []

    def read(stream: Any, began: float) -> None:
        read_event(stream)
        delays.append(time.monotonic() - began)

    for _ in range(20):
        began = time.monotonic()
        commit()
        with ThreadPoolExecutor(streams) as pool:
            list(pool.map(read, opened, [began] * streams))
    for stream in opened:
        stream.close()
    return delays


def read_event(stream: Any) -> None:
    while stream.readline() not in (b"\n", b""):
        pass


def ask(method: str, address: str, body: bytes | None = None) -> bytes:
    for _ in range(200):  # more than 20 uploads a second are refused
        try:
            with urllib.request.urlopen(urllib.request.Request(address, body, method=method)) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise SystemExit(error.read().decode()) from error
            time.sleep(0.2)
    raise SystemExit("the server went on refusing")


def until_it_answers(api: str) -> None:
    ask("GET", f"{api}/health")


def noise() -> bytes:
    buffer = BytesIO()
    Image.frombytes("RGB", (SIDE, SIDE), os.urandom(3 * SIDE * SIDE)).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def percentile(times: list[float], share: float = 0.95) -> float:
    return round(1000 * sorted(times)[int(share * (len(times) - 1))], 1)


if __name__ == "__main__":
    main()
