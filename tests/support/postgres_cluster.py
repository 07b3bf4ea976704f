"""A server of PostgreSQL for the tests, in a temporary folder, reached by a socket there."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

_SETTINGS = "-c listen_addresses= -c fsync=off -c shared_buffers=16MB -c max_connections=80 -c autovacuum=off"


def find_binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs; None: it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    path = str(found[-1]) if found else shutil.which("pg_ctl")
    return None if path is None else Path(path).parent


class PostgresCluster:
    """A server that runs."""

    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self.folder, self._binaries, self._user, self._numbers = folder, binaries, user, count()

    def control(self, *arguments: str, program: str = "pg_ctl") -> None:
        """Run a program of PostgreSQL on this cluster, as a user who is not root."""
        command = [str(self._binaries / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, user=self._user, cwd=self.folder, capture_output=True, timeout=60)

    def start(self) -> None:
        """Start the server, and wait for it."""
        self.control("-w", "-l", str(self.folder / "log"), "-o", f"{_SETTINGS} -k {self.folder}", "start")

    def stop(self) -> None:
        """Stop the server at once: connections are cut."""
        self.control("-m", "immediate", "-w", "stop")

    def create_database(self) -> str:
        """Return the address of a new database."""
        name = f"studio{next(self._numbers)}"
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"


@contextmanager
def run_cluster(binaries: Path) -> Iterator[PostgresCluster]:
    """Context manager of a cluster that is made now, and removed at its end."""
    user = None if os.getuid() else _other_user()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # sockets have short names
    if user is not None:
        shutil.chown(folder, user)
    cluster = PostgresCluster(binaries, folder, user)
    try:
        cluster.control("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale", program="initdb")
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)


def _other_user() -> str:
    known = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
