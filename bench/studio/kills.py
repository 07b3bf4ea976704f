"""Jobs asked for and painted while servers and workers are killed: how many are lost, done twice, or come out otherwise.

python bench/studio/kills.py --jobs 60 --kills 8

The server, a worker, and both are killed in turn (SIGKILL). Jobs are asked for by HTTP; a request that got no answer is
sent again with its Idempotency-Key. Pictures are compared with those of a worker that nobody has killed.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import sqlalchemy as sa
from PIL import Image

from brushwork.studio.folder import StudioFolder, find_studio
from brushwork.studio.job_request import HELPERS
from brushwork.studio.job_store import JobStore
from brushwork.studio.shared_folder import open_database
from brushwork.studio.states import FINAL
from brushwork.studio.tables import EVENT, FILE, JOB

PATIENCE = 120.0
KINDS = 30
"""Different small requests, each of which is made many times."""
REAL_ONES = 200
"""One of so many jobs is painted with VGG-19, the others with a network of three layers."""
TINY = {
    "content_layers": ["conv2_1"],
    "style_layers": ["conv1_1", "pool1", "conv2_1", "pool2", "conv3_1"],
    "normalization": "programs",
    "moment_weight": 0.0,
    "style_weight": 1000.0,
    "jitter": 0,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", help="address of an empty database of PostgreSQL; SQLite if none is named")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", type=Path, help="run a worker on this folder")
    parser.add_argument("--host", help="name of the worker's machine")
    given = parser.parse_args()
    if given.worker:
        if given.host:
            socket.gethostname = lambda: given.host
        work(find_studio(given.worker, given.database))
        return
    with tempfile.TemporaryDirectory() as path:
        calm = Run(find_studio(Path(path, "calm"), None), 1)
        calm.paint(range(KINDS + 1), 0, random.Random())
        stormy = Run(find_studio(Path(path, "stormy"), given.database), given.workers)
        kinds = [number % KINDS if (number + 1) % REAL_ONES else KINDS for number in range(given.jobs)]
        stormy.paint(kinds, given.kills, random.Random(given.seed))
        print(json.dumps(stormy.report(calm.pictures()), indent=2))


class Run:
    """A studio with its server and workers."""

    def __init__(self, folder: StudioFolder, workers: int) -> None:
        folder.make()
        self.folder, self.database = folder, open_database(folder)
        self.store, self.killed, self.seconds = JobStore(self.database), Counter[str](), 0.0
        self.port, self.asked, self.repeated = free_port(), list[str](), 0
        self.server = self.start_server()
        self.workers = [self.start_worker() for _ in range(workers)]

    def paint(self, kinds: Sequence[int], kills: int, chance: random.Random) -> None:
        """Ask for jobs of these kinds, and kill what runs until all of them are over."""
        began, jobs = time.monotonic(), len(kinds)
        asking = Thread(target=self.ask_for, args=(kinds,))
        asking.start()
        while (done := self.count_done()) < jobs:
            time.sleep(chance.uniform(0.2, 1.0))
            if self.killed.total() < kills and done > (self.killed.total() + 1) * jobs / (kills + 2):
                self.kill(("worker", "server", "both")[self.killed.total() % 3], chance)
        asking.join()
        self.seconds = time.monotonic() - began
        for process in (self.server, *self.workers):
            process.terminate()
            process.wait()

    def kill(self, what: str, chance: random.Random) -> None:
        self.killed[what] += 1
        if what != "server":
            place = chance.randrange(len(self.workers))
            end(self.workers[place])
            self.workers[place] = self.start_worker()
        if what != "worker":
            end(self.server)
            self.server = self.start_server()

    def ask_for(self, kinds: Sequence[int]) -> None:
        content, painting = (json.loads(self.ask("PUT", "files", png(seed)))["sha256"] for seed in (1, 2))
        for number, kind in enumerate(kinds):
            body = json.dumps(body_of(kind, content, painting)).encode()
            self.asked.append(json.loads(self.ask("POST", "jobs", body, f"job-{number}"))["id"])

    def ask(self, method: str, path: str, body: bytes, key: str = "") -> bytes:
        """Return the answer to a request, which is sent until there is one."""
        end_at = time.monotonic() + PATIENCE
        headers = {"content-type": "application/json", "idempotency-key": key} if key else {}
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        while True:
            try:
                with urllib.request.urlopen(urllib.request.Request(address, body, headers, method=method)) as answer:
                    content: bytes = answer.read()
                    return content
            except urllib.error.HTTPError as error:
                if error.code != 429:  # more than 20 a second
                    raise SystemExit(error.read().decode()) from error
            except OSError as error:
                self.repeated += 1
                if time.monotonic() > end_at:
                    raise SystemExit(f"the server did not answer for {PATIENCE:g} s") from error
            time.sleep(0.1)

    def count_done(self) -> int:
        own = JOB.c.kind.not_in(HELPERS), JOB.c.state.in_(FINAL)
        with self.database.read() as connection:
            count: int = connection.execute(sa.select(sa.func.count()).where(*own)).scalar_one()
        return count

    def pictures(self) -> dict[str, str]:
        """Return the SHA-256 of the picture of each request that was made."""
        return {key_of(job): (job["result"] or {}).get("sha256", "none") for job in map(self.store.get, self.asked)}

    def report(self, expected: dict[str, str]) -> dict[str, Any]:
        found = [self.store.get(job) for job in self.asked]
        with self.database.read() as connection:
            told = connection.execute(sa.select(EVENT.c.job).where(EVENT.c.kind == "completed")).scalars().all()
            jobs = connection.execute(sa.select(sa.func.count()).select_from(JOB)).scalar_one()
            known = set(connection.execute(sa.select(FILE.c.sha256)).scalars())
            is_whole = self.database.is_postgres or connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        stored = {one.parent.name + one.name for one in (self.folder.path / "store").glob("*/*")}
        return {
            "jobs": len(found),
            "kills": dict(self.killed),
            "seconds": round(self.seconds),
            "requests_repeated": self.repeated,
            "lost": sum(job["state"] != "completed" for job in found),
            "problems": sorted({job["problem"]["detail"] for job in found if job["problem"]}),
            "made_twice": jobs - len(set(self.asked)),
            "done_twice": len(told) - len(set(told)),
            "attempted_more_than_once": sum(job["attempt"] > 1 for job in found),
            "other_pictures": sum((job["result"] or {}).get("sha256") != expected[key_of(job)] for job in found),
            "stored_without_record": len(stored - known),
            "recorded_without_file": len(known - stored),
            "integrity": is_whole,
        }

    def start_server(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "brushwork", "studio", "--no-open", "--workers", "0", "--port", str(self.port)]
        place = ["--folder", str(self.folder.path)]
        place += ["--database", self.folder.address] if self.folder.address else []
        return subprocess.Popen(command + place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, __file__, "--worker", str(self.folder.path)]
        place = ["--database", self.folder.address] if self.folder.address else []
        return subprocess.Popen(command + place, stdin=subprocess.PIPE)


def work(folder: StudioFolder) -> None:
    """Run a worker, with a network of three layers for those who ask for its layers."""
    from brushwork.studio.painting import LoadedNetworks
    from brushwork.studio.worker import run_worker

    sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))
    from tiny_network import tiny_network

    real = LoadedNetworks.network

    def network(self: LoadedNetworks, options: Any) -> Any:
        is_tiny = list(getattr(options, "style_layers", ())) == TINY["style_layers"]
        return tiny_network() if is_tiny else real(self, options)

    def load_nothing(self: LoadedNetworks) -> None:
        pass

    for name, method in (("network", network), ("load", load_nothing)):
        setattr(LoadedNetworks, name, method)
    run_worker(folder, ends_with_parent=True, checkpoint_every=0.05)


def body_of(kind: int, content: str, painting: str) -> dict[str, Any]:
    """Return one of the different requests: two of three are optimized, with checkpoints."""
    if kind % 3 == 2:
        return {"kind": "blend", "content": content, "start": painting, "options": {"strength": kind / KINDS}}
    options = {"size": 48 + kind % 10, "min_size": 0, "iterations": 4 + kind % 20}
    tiny = {} if kind == KINDS else TINY
    return {"content": content, "paintings": [painting], "start": content, "options": options | tiny}


def key_of(job: dict[str, Any]) -> str:
    return json.dumps(job["request"], sort_keys=True)


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def png(seed: int) -> bytes:
    tile = Image.new("RGB", (4, 4))
    tile.putdata([((seed * 37 * k) % 256, (seed * 91 + 53 * k) % 256, (29 * k * k + seed) % 256) for k in range(16)])
    buffer = BytesIO()
    tile.resize((80, 64), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
