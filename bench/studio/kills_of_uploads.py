"""Uploads while the process that decodes them, the server, and both are killed: what is lost, and what is half-written.

python bench/studio/kills_of_uploads.py --uploads 60 --kills 12

A client sends each picture until it is answered. At the end the studio is swept, as a worker does when it starts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from kills import PATIENCE, end, free_port
from PIL import Image

from brushwork.studio.folder import StudioFolder
from brushwork.studio.retention import sweep
from brushwork.studio.shared_folder import open_database
from brushwork.studio.tables import FILE

SIDE = 1500
CLIENTS = 4
LOOK = 0.002


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--uploads", type=int, default=60)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        storm = Storm(StudioFolder(Path(path, "studio")))
        pictures = [picture(number) for number in range(given.uploads)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = [pool.submit(storm.upload, one) for one in pictures]
            chance = random.Random(given.seed)
            while not all(one.done() for one in answers):
                time.sleep(chance.uniform(0.05, 0.4))
                done = sum(one.done() for one in answers)
                if storm.killed.total() < given.kills and done >= storm.killed.total() * given.uploads / given.kills:
                    storm.kill(("ingest", "server", "ingest", "both")[storm.killed.total() % 4])
        found = [one.result() for one in answers]
        print(json.dumps(storm.report(pictures, found), indent=2))


class Storm:
    """A server that is killed and started again."""

    def __init__(self, folder: StudioFolder) -> None:
        self.folder, self.port = folder, free_port()
        self.killed, self.repeated, self.refused = Counter[str](), 0, list[str]()
        self.server, self.seen = self.start(), set[int]()

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "brushwork", "studio", "--no-open", "--workers", "0", "--port", str(self.port)]
        return subprocess.Popen([*command, "--folder", str(self.folder.path)], stdout=subprocess.DEVNULL)

    def kill(self, what: str) -> None:
        """Kill the process that decodes while it does, the server, or both."""
        decoding = self.wait_for_ingest()
        self.killed[what] += 1
        if what != "server":
            with suppress(ProcessLookupError):
                os.kill(decoding, signal.SIGKILL)
        if what != "ingest":
            end(self.server)
            self.server = self.start()

    def wait_for_ingest(self) -> int:
        """Return the process that decodes, as soon as it has opened an upload."""
        end_at = time.monotonic() + PATIENCE
        while time.monotonic() < end_at:
            for one in decoders(self.server.pid):
                self.seen.add(one)
                if any(name.endswith(".part") for name in open_files(one)):
                    return one
            time.sleep(LOOK)
        raise SystemExit("nothing was decoded")

    def upload(self, data: bytes) -> str:
        """Return the SHA-256 that the server has answered; "": it has refused the picture."""
        end_at = time.monotonic() + PATIENCE
        address = f"http://127.0.0.1:{self.port}/api/v1/files"
        while time.monotonic() < end_at:
            try:
                with urllib.request.urlopen(urllib.request.Request(address, data, method="PUT")) as answer:
                    return str(json.load(answer)["sha256"])
            except urllib.error.HTTPError as error:
                if error.code != 429:
                    self.refused.append(error.read().decode())
                    return ""
            except (OSError, json.JSONDecodeError):
                self.repeated += 1
            time.sleep(0.1)
        raise SystemExit(f"the server did not answer for {PATIENCE:g} s")

    def report(self, pictures: list[bytes], answers: list[str]) -> dict[str, Any]:
        self.server.terminate()
        self.server.wait()
        time.sleep(2)
        database = open_database(self.folder)
        before = self.unrecorded(database)
        sweep(database, self.folder)
        with database.read() as connection:
            known = set(connection.execute(sa.select(FILE.c.sha256)).scalars())
            is_whole = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        expected = [hashlib.sha256(one).hexdigest() for one in pictures]
        return {
            "uploads": len(pictures),
            "kills": dict(self.killed),
            "requests_repeated": self.repeated,
            "refused": self.refused,
            "other_answers": sum(a != b for a, b in zip(answers, expected, strict=True)),
            "lost": sum(one not in known or not self.is_whole(one) for one in expected),
            "thumbnails_that_cannot_be_read": sum(not self.has_thumbnail(one) for one in expected),
            "stored_without_record": {"before the sweep": before, "after": self.unrecorded(database)},
            "incomplete_uploads_kept_for_a_day": len(list(self.folder.incoming.iterdir())),
            "processes_left": sum(Path(f"/proc/{one}").exists() for one in self.seen),
            "integrity": is_whole,
        }

    def unrecorded(self, database: Any) -> int:
        with database.read() as connection:
            known = set(connection.execute(sa.select(FILE.c.sha256)).scalars())
        return sum(one.parent.name + one.name not in known for one in (self.folder.path / "store").glob("*/*"))

    def is_whole(self, sha256: str) -> bool:
        file = self.folder.stored(sha256)
        return file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256

    def has_thumbnail(self, sha256: str) -> bool:
        try:
            with Image.open(self.folder.thumbnail(sha256, 320)) as image:
                image.load()
        except OSError:
            return False
        return True


def decoders(server: int) -> list[int]:
    """Return the processes of a server that decode."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == server:
                found.append(int(stat.parent.name))
    return found


def open_files(process: int) -> list[str]:
    found = []
    with suppress(OSError):
        for one in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                found.append(str(one.readlink()))
    return found


def picture(seed: int) -> bytes:
    noise = random.Random(seed).randbytes(3 * 100 * 100)
    buffer = BytesIO()
    Image.frombytes("RGB", (100, 100), noise).resize((SIDE, SIDE)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
