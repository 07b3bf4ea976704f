from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the extra `studio` is not installed")
pytest.importorskip("dbos", reason="the extra `studio` is not installed")
pytest.importorskip("fcntl", reason="the studio needs a POSIX system")

from asgi_client import AsgiClient
from brushwork.studio.app import make_app
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_store import JobStore
from brushwork.studio.settings import StudioSettings
from brushwork.studio.tables import Database


@pytest.fixture
def folder(tmp_path):
    made = StudioFolder(tmp_path / "studio")
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
    made = make_app(StudioSettings(folder.path))
    yield made
    made.services.close()


@pytest.fixture
def client(app):
    return AsgiClient(app)
