from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the extra `studio` is not installed")
pytest.importorskip("dbos", reason="the extra `studio` is not installed")
pytest.importorskip("fcntl", reason="the studio needs a POSIX system")

from asgi_client import AsgiClient
from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_store import JobStore
from brushwork.studio.settings import StudioSettings
from postgres_cluster import find_binaries, run_cluster
from studio_app import OpenApp


@pytest.fixture(scope="session")
def postgres():
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    with run_cluster(binaries) as cluster:
        yield cluster


@pytest.fixture
def database_kind():
    """Which database a test uses; modules that run on both override it."""
    return "sqlite"


@pytest.fixture
def address(request, database_kind):
    return None if database_kind == "sqlite" else request.getfixturevalue("postgres").create_database()


@pytest.fixture
def folder(tmp_path, address):
    made = StudioFolder(tmp_path / "studio", address)
    made.make()
    return made


@pytest.fixture
def database(folder):
    opened = Database(folder.database)
    yield opened
    opened.close()


@pytest.fixture
def store(database):
    return JobStore(database)


@pytest.fixture
def app(folder):
    made = OpenApp(StudioSettings(folder.path, database=folder.address))
    yield made
    made.services.close()


@pytest.fixture
def client(app):
    return AsgiClient(app)
