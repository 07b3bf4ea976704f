"""Jobs painted while their workers are killed: how many are lost, done twice, or come out otherwise.

python bench/studio/kills.py --jobs 60 --kills 8
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image

from brushwork.studio.database import Database
from brushwork.studio.file_store import register_file
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore
from brushwork.studio.tables import EVENT

WORKER = (
    "import sys, pathlib\n"
    "from brushwork.studio.folder import StudioFolder\n"
    "from brushwork.studio.worker import run_worker\n"
    "run_worker(StudioFolder(pathlib.Path(sys.argv[1])), ends_with_parent=True, checkpoint_every=0.2)\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        print(json.dumps(run(Path(path), given.jobs, given.kills, random.Random(given.seed)), indent=2))


def run(path: Path, jobs: int, kills: int, chance: random.Random) -> dict[str, Any]:
    folder = StudioFolder(path)
    folder.make()
    database = Database(folder.database)
    store = JobStore(database)
    content, painting = put(folder, database, 1), put(folder, database, 2)
    ids = []
    began = time.monotonic()
    for number in range(jobs):  # every second one is optimized, with checkpoints; each pair twice
        options = {"size": 48, "min_size": 0, "iterations": 6 + number // 4} if number % 2 else {"size": 64}
        kind: Any = "transfer" if number % 2 else "instant"
        request = PaintingRequest(kind=kind, content=content, paintings=(painting,), options=options)
        ids.append(store.create(request)[0]["id"])
    created = time.monotonic() - began
    killed = 0
    process = start(path)
    while (left := sum(store.get(job)["state"] not in ("completed", "failed") for job in ids)) > 0:
        time.sleep(chance.uniform(0.2, 1.0))
        done = jobs - left
        if killed < kills and done > (killed + 1) * jobs / (kills + 2):
            process.kill()
            process.wait()
            killed += 1
            process = start(path)
    process.kill()
    process.wait()
    return report(store, database, ids, killed) | {
        "created_per_s": round(jobs / created),
        "seconds": round(time.monotonic() - began),
    }


def report(store: JobStore, database: Database, ids: list[str], killed: int) -> dict[str, Any]:
    found = [store.get(job) for job in ids]
    with database.read() as connection:
        told = connection.execute(sa.select(EVENT.c.job).where(EVENT.c.kind == "completed", EVENT.c.job.in_(ids)))
        completions = list(told.scalars())
    pictures: dict[str, set[str]] = {}
    for job in found:
        key = json.dumps(job["request"], sort_keys=True)
        pictures.setdefault(key, set()).add((job["result"] or {}).get("sha256", "none"))
    return {
        "jobs": len(ids),
        "kills": killed,
        "lost": sum(job["state"] != "completed" for job in found),
        "problems": sorted({job["problem"]["detail"] for job in found if job["problem"]}),
        "done_twice": len(completions) - len(set(completions)),
        "attempted_more_than_once": sum(job["attempt"] > 1 for job in found),
        "requests_with_different_pictures": sum(len(hashes) > 1 for hashes in pictures.values()),
    }


def start(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, str(path)], stdin=subprocess.PIPE)


def put(folder: StudioFolder, database: Database, seed: int) -> str:
    tile = Image.new("RGB", (4, 4))
    tile.putdata([((seed * 37 * k) % 256, (seed * 91 + 53 * k) % 256, (29 * k * k + seed) % 256) for k in range(16)])
    part = folder.incoming / "part.png"
    tile.resize((80, 64), Image.Resampling.BICUBIC).save(part)
    sha256 = hashlib.sha256(part.read_bytes()).hexdigest()
    count = part.stat().st_size
    folder.store(part, sha256)
    register_file(database, sha256, count=count, kind="png", width=80, height=64, name="")
    return sha256


if __name__ == "__main__":
    main()
