"""Servers and workers that start at once in a new folder, and are killed while they create the tables.

python bench/studio/kills_at_start.py --rounds 30

In each round four processes start three times, of which three are killed (SIGKILL) at a random time; then four start and
are left alone. What they do is what a server and a worker do first: open the studio's database, launch dbos, put the
paintings that come with the studio into its store. With --database each round takes a new database of that server.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_queue import JobQueue
from brushwork.studio.known_paintings import register_shipped
from brushwork.studio.shared_folder import open_database
from brushwork.studio.tables import FILE, PAINTING

STORMS = 3
STARTED = ("server", "server", "worker", "worker")
LONGEST = 1.5
"""Seconds after which the last of them is killed: they need one or two."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="address of a server of PostgreSQL, where databases are created")
    given = parser.parse_args()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([one.__module__ for one in (JobQueue, register_shipped)])
    chance, wrong, kills = random.Random(given.seed), list[str](), 0
    for number in range(given.rounds):
        address = create_database(given.database, number) if given.database else None
        with tempfile.TemporaryDirectory() as path:
            folder = StudioFolder(Path(path, "studio"), address)
            for storm in range(STORMS + 1):
                kills += start_all(context, folder, chance if storm < STORMS else None, wrong)
            wrong += faults(folder)
    print(json.dumps({"rounds": given.rounds, "kills": kills, "faults": wrong}, indent=2))


def start_all(context: Any, folder: StudioFolder, chance: random.Random | None, wrong: list[str]) -> int:
    """Start them all and kill all but one; `chance` None: none. Returns how many were killed."""
    started = [context.Process(target=run, args=(folder, kind, place)) for place, kind in enumerate(STARTED)]
    for one in started:
        one.start()
    killed = [] if chance is None else chance.sample(started, len(started) - 1)
    for one in killed:
        assert chance is not None
        time.sleep(chance.uniform(0, LONGEST / len(killed)))
        one.kill()
    for one in started:
        one.join()
    wrong += [
        f"a process that was left alone ended with {one.exitcode}"
        for one in started
        if one.exitcode and one not in killed
    ]
    return len(killed)


def run(folder: StudioFolder, kind: str, place: int) -> None:
    folder.make()
    database = open_database(folder)
    if kind == "worker":
        JobQueue(database, folder, f"worker-{place}", lambda job, round: None)
    register_shipped(database, folder)
    os._exit(0)


def faults(folder: StudioFolder) -> list[str]:
    """Return what is wrong with a studio after its starts."""
    database, found = open_database(folder), list[str]()
    with database.read() as connection:
        known = set(connection.execute(sa.select(FILE.c.sha256)).scalars())
        listed = set(connection.execute(sa.select(PAINTING.c.sha256)).scalars())
    database.close()
    stored = {one.parent.name + one.name: one for one in (folder.path / "store").glob("*/*")}
    found += [f"{len(listed - known)} paintings without a file"] if not known or listed - known else []
    found += [f"{name} has other bytes" for name, one in stored.items() if sha256_of(one) != name]
    found += ["recorded without file"] if known - set(stored) else []
    for name in ("studio.sqlite", "queue.sqlite") if folder.address is None else ():
        with closing(sqlite3.connect(folder.path / name)) as connection:
            (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        found += [] if answer == "ok" else [f"{name}: {answer}"]
    return found


def sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def create_database(server: str, number: int) -> str:
    """Create a database of PostgreSQL, and return its address."""
    name = f"start_{os.getpid()}_{number}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
