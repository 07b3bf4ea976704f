"""What the studio's queue costs: the same painting by `run_job` alone, as `brushwork paint` does, and in a worker.

python bench/studio/overhead.py PHOTOGRAPH PAINTING

In turn, since a machine is not equally fast at all times: the medians of the rounds. Iterations after the first ones count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from PIL import Image

from brushwork.recipes import Progress
from brushwork.studio.database import Database
from brushwork.studio.file_store import keep_file
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore
from brushwork.studio.painting import CHECKPOINT_EVERY, LoadedNetworks, run_request
from brushwork.studio.work import WorkOnJob
from brushwork.studio.worker import Worker

SKIPPED = 4
ROUNDS = 5


class Pace:
    """Seconds, and processor seconds of this process, from one iteration to the last."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float]] = []

    def note(self) -> None:
        self.times.append((time.monotonic(), time.process_time()))

    def per_iteration(self) -> tuple[float, float]:
        begin, end, count = self.times[SKIPPED], self.times[-1], len(self.times) - 1 - SKIPPED
        return (end[0] - begin[0]) / count, (end[1] - begin[1]) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--iterations", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        folder = StudioFolder(Path(path))
        folder.make()
        database = Database(folder.database)
        content, painting = (keep(folder, database, one) for one in (given.photograph, given.painting))
        options = {"size": given.size, "min_size": 0, "iterations": given.iterations}
        request = PaintingRequest(
            kind="transfer", content=content, paintings=(painting,), start=content, options=options
        )
        networks = LoadedNetworks()
        pairs = [
            (paint_alone(request, folder, networks), paint_by_worker(request, folder, database)) for _ in range(ROUNDS)
        ]
    more = [[100 * (queued[k] / alone[k] - 1) for alone, queued in pairs] for k in (0, 1)]
    report = {"overhead_percent": more[0], "overhead_of_processor_percent": more[1]}
    print(json.dumps({name: [round(median(one), 1), *(round(x, 1) for x in one)] for name, one in report.items()}))
    print(json.dumps({"seconds_an_iteration": round(median(alone[0] for alone, _ in pairs), 3)}))


def paint_alone(request: PaintingRequest, folder: StudioFolder, networks: LoadedNetworks) -> tuple[float, float]:
    pace = Pace()
    for event in run_request(request, folder, folder.path / "alone.png", networks, resume=False):
        if isinstance(event, Progress):
            pace.note()
    return pace.per_iteration()


def paint_by_worker(request: PaintingRequest, folder: StudioFolder, database: Database) -> tuple[float, float]:
    """Paint in a worker of this process: with its looks at the queue, events, previews, heartbeats and checkpoints."""
    pace, report = Pace(), WorkOnJob._report

    def count(work: WorkOnJob, event: Any) -> None:
        report(work, event)
        if isinstance(event, Progress):
            pace.note()

    patched: Any = WorkOnJob
    patched._report = count
    worker, store = Worker(folder, database, "bench", CHECKPOINT_EVERY), JobStore(database)
    running = Thread(target=worker.run)
    running.start()
    job = store.create(request)[0]["id"]
    while store.get(job)["state"] != "completed":
        time.sleep(0.5)
    worker.stop()
    running.join()
    patched._report = report
    return pace.per_iteration()


def keep(folder: StudioFolder, database: Database, picture: Path) -> str:
    data = picture.read_bytes()
    sha256, part = hashlib.sha256(data).hexdigest(), folder.incoming / f"{os.getpid()}.part"
    part.write_bytes(data)
    with Image.open(part) as image:
        width, height = image.size
    keep_file(database, folder, part, sha256, kind="jpeg", width=width, height=height)
    return sha256


if __name__ == "__main__":
    main()
