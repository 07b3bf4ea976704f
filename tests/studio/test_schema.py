"""Every operation of the API with generated data: answers are as described, and none is an error of the server."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from brushwork.studio.settings import StudioSettings
from brushwork.studio.tables import WORKER, now
from studio_app import OpenApp

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

pytestmark = pytest.mark.slow

EXAMPLES = 6
ENDLESS = "/api/v1/events"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def api(tmp_path_factory, request):
    is_postgres = request.param == "postgres"
    address = request.getfixturevalue("postgres").create_database() if is_postgres else None
    app = OpenApp(StudioSettings(tmp_path_factory.mktemp("studio"), database=address))
    with app.services.database.write() as connection:
        beat = {"started": now(), "heartbeat": now() + 600_000}
        connection.execute(WORKER.insert().values(id="w", pid=1, ready=True, **beat))
    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app._app).exclude(path=ENDLESS)
    app.services.close()


def test_answers_are_as_described(api):
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    for found in api.get_all_operations():
        operation = found.ok()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case):
            case.call_and_validate(excluded_checks=[positive_data_acceptance])  # rules between fields are in no schema

        check()
