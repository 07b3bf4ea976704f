from __future__ import annotations

import os

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

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if os.access(path, os.X_OK)), None)


@pytest.fixture(scope="module")
def browser():
    """Chromium, of the system."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM)
        yield opened
        opened.close()


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
