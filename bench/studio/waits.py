"""How long the queue takes: to begin, to claim, to cancel, and to give what a lost worker has begun to another.

python bench/studio/waits.py [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kills import body_of, end, png
from service import percentile

from brushwork.studio.claims import claim_job
from brushwork.studio.database import Database
from brushwork.studio.file_store import keep_file
from brushwork.studio.folder import StudioFolder, find_studio
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore
from brushwork.studio.shared_folder import open_database

CLAIMERS = 4
PATIENCE = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="address of an empty database of PostgreSQL; SQLite if none is named")
    parser.add_argument("--jobs", type=int, default=400, help="jobs that are claimed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        folder = find_studio(Path(path), given.database)
        folder.make()
        database = open_database(folder)
        studio = Studio(folder, database)
        report = studio.measure_claims(given.jobs) | studio.measure_begin() | studio.measure_end_and_loss()
    print(json.dumps(report | {"load": round(os.getloadavg()[0], 1)}, indent=2))


class Studio:
    """A studio without a server."""

    def __init__(self, folder: StudioFolder, database: Database) -> None:
        self.folder, self.database, self.store = folder, database, JobStore(database)
        self.content, self.painting = self.put(1), self.put(2)

    def measure_claims(self, count: int) -> dict[str, Any]:
        """Claim jobs in several processes at once."""
        jobs = [self.create(2) for _ in range(count)]
        parts = [jobs[place::CLAIMERS] for place in range(CLAIMERS)]
        context = multiprocessing.get_context("spawn")
        with context.Pool(CLAIMERS) as pool:
            pool.starmap(claim_all, [(self.folder, part[:1]) for part in parts])  # the processes have started
            began = time.monotonic()
            pool.starmap(claim_all, [(self.folder, part[1:]) for part in parts])
            seconds = time.monotonic() - began
        for job in jobs:
            self.store.ask(job, "cancel")
        return {"claims_per_s": round((count - CLAIMERS) / seconds)}

    def measure_begin(self) -> dict[str, Any]:
        """Measure the time from the commit of a job until it begins, and until the next of two begins."""
        with_worker = self.start("one")
        self.wait(self.create(2), is_over)
        begins, ends = [], []
        for _ in range(20):
            time.sleep(0.1)
            began = time.monotonic()
            job = self.create(2)
            self.wait(job, lambda found: found["state"] != "pending")
            begins.append(time.monotonic() - began)
            self.wait(job, is_over)
            ends.append(time.monotonic() - began)
        end(with_worker)
        return {
            "begin_p50_ms": percentile(begins, 0.5),
            "begin_p95_ms": percentile(begins),
            "mixture_of_80x64_p50_ms": percentile(ends, 0.5),
        }

    def measure_end_and_loss(self) -> dict[str, Any]:
        """Kill a worker while another waits; cancel what that one took over."""
        workers = {"one-0": self.start("one"), "two-0": self.start("two")}
        job = self.create(0, iterations=100_000)
        begun = self.wait(job, lambda found: found["done"] > 0)
        time.sleep(6)  # there is a checkpoint
        done = self.store.get(job)["done"]
        killed = time.monotonic()
        end(workers.pop(begun["worker"]))
        again = self.wait(job, lambda found: found["attempt"] > begun["attempt"])
        taken = time.monotonic() - killed
        self.wait(job, lambda found: found["done"] > done)
        asked = time.monotonic()
        self.store.ask(job, "cancel")
        self.wait(job, is_over)
        canceled = time.monotonic() - asked
        for one in workers.values():
            end(one)
        assert again["worker"] != begun["worker"]
        return {"taken_over_after_s": round(taken, 1), "cancel_to_free_ms": round(1000 * canceled)}

    def create(self, kind: int, **more: Any) -> str:
        body = body_of(kind, self.content, self.painting)
        body["options"] |= more
        request = PaintingRequest.from_json({"kind": "transfer", **body})
        job: str = self.store.create(request)[0]["id"]
        return job

    def wait(self, job: str, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        limit = time.monotonic() + PATIENCE
        while not what(found := self.store.get(job)):
            if time.monotonic() > limit:
                raise SystemExit(f"waited {PATIENCE:g} s: {found}")
            time.sleep(0.002)
        return found

    def start(self, host: str) -> subprocess.Popen[bytes]:
        kills = Path(__file__).with_name("kills.py")
        command = [sys.executable, str(kills), "--worker", str(self.folder.path), "--host", host]
        place = ["--database", self.folder.address] if self.folder.address else []
        return subprocess.Popen(command + place, stdin=subprocess.PIPE)

    def put(self, seed: int) -> str:
        data = png(seed)
        sha256 = hashlib.sha256(data).hexdigest()
        part = self.folder.incoming / "part.png"
        part.write_bytes(data)
        keep_file(self.database, self.folder, part, sha256, kind="png", width=80, height=64)
        return sha256


def claim_all(folder: StudioFolder, jobs: list[str]) -> None:
    database = Database(folder.database)
    for job in jobs:
        assert claim_job(database, job, 1, "bench", has_newer_checkpoint=False) is not None
    database.close()


def is_over(job: dict[str, Any]) -> bool:
    return job["state"] in ("completed", "failed", "canceled")


if __name__ == "__main__":
    main()
