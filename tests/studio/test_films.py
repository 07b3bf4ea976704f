"""Films in the studio: uploaded, painted, kept when they are canceled or their worker is lost."""

from __future__ import annotations

from threading import Event

import pytest

from brushwork.studio.claims import claim_job
from brushwork.studio.folder import has_newer_checkpoint
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.painting import LoadedNetworks
from brushwork.studio.turns import Turns
from brushwork.studio.work import WorkOnJob
from studio_pictures import film, png

av = pytest.importorskip("av", reason="the extra `video` is not installed")

API = "/api/v1"
FRAMES = 4


@pytest.fixture
def film_request(client, tmp_path):
    """Return the request of a small film, whose files were uploaded."""
    clip, painting = (
        client.request("PUT", f"{API}/files", body=one).json() for one in (film(tmp_path / "film.mp4"), png(2))
    )
    assert (clip["kind"], clip["width"], clip["height"]) == ("mp4", 64, 64)
    return {"kind": "video", "content": clip["sha256"], "paintings": [painting["sha256"]], "options": {"size": 64}}


class StopAfter(Event):
    """Says that the worker is to stop after a number of looks."""

    def __init__(self, checks):
        super().__init__()
        self.checks = checks

    def is_set(self):
        self.checks -= 1
        return self.checks < 0


def test_cards_and_sheets_are_painted_from_pictures(client, tmp_path):
    clip, painting = (
        client.request("PUT", f"{API}/files", body=one).json()["sha256"]
        for one in (film(tmp_path / "film.mp4"), png(2))
    )
    client.post(f"{API}/paintings", {"sha256": painting, "name": "lake"})
    for path, ask in (
        ("cards", {"content": clip, "paintings": [painting]}),
        ("sheets", {"content": clip, "painting": painting, "options": [{}]}),
        ("sheets", {"content": painting, "painting": clip, "options": [{}]}),
    ):
        answer = client.post(f"{API}/{path}", ask)
        assert (answer.status, "give a picture" in answer.json()["detail"]) == (422, True)


def work_on(database, folder, job, *, round=1, checks=10_000):
    claim = claim_job(database, job, round, "w", has_newer_checkpoint=False)
    WorkOnJob(claim, folder, LoadedNetworks(), Turns(), StopAfter(checks)).run()


def test_a_film_is_known_by_its_first_bytes_and_shown_by_its_first_frame(client, film_request):
    small = client.get(f"{API}/files/{film_request['content']}/thumbnail?width=160")
    assert small.body[8:12] == b"WEBP"
    assert client.get(f"{API}/files/{film_request['content']}").headers["content-type"] == "video/mp4"
    heic = b"\x00\x00\x00\x18ftypheic" + bytes(40)
    assert client.request("PUT", f"{API}/files", body=heic).status == 415
    assert client.request("PUT", f"{API}/files", body=b"\x1a\x45\xdf\xa3" + bytes(40)).status == 422


def test_a_film_and_a_picture_are_not_taken_for_each_other(client, film_request):
    still = film_request | {"content": film_request["paintings"][0]}
    assert "give a film" in client.post(f"{API}/jobs", still).json()["detail"]
    transfer = film_request | {"kind": "transfer"}
    assert "give a picture" in client.post(f"{API}/jobs", transfer).json()["detail"]
    assert client.post(f"{API}/jobs", film_request | {"paintings": [film_request["content"]]}).status == 422
    painting = client.post(f"{API}/paintings", {"sha256": film_request["content"]})
    assert (painting.status, "give a picture" in painting.json()["detail"]) == (422, True)


@pytest.mark.slow
def test_a_film_is_painted_and_goes_on_where_its_worker_stopped(
    client, film_request, folder, database, store, tmp_path
):
    job = client.post(f"{API}/jobs", film_request).json()["id"]
    work_on(database, folder, job, checks=4)
    released = store.get(job)
    assert released["state"] == "pending" and 0 < released["done"] < FRAMES
    assert has_newer_checkpoint(folder.latest_attempt(job))
    work_on(database, folder, job, round=2)
    done = store.get(job)
    assert (done["state"], done["problem"], done["done"]) == ("completed", None, FRAMES)
    assert (done["result"]["width"], done["result"]["height"]) == (64, 64)
    with av.open(str(folder.stored(done["result"]["sha256"]))) as painted:
        assert len(list(painted.decode(video=0))) == FRAMES
    again = store.create(PaintingRequest.from_json(done["request"]))[0]["id"]
    work_on(database, folder, again)
    assert store.get(again)["result"]["sha256"] == done["result"]["sha256"]  # the same film as of one run
    assert client.get(f"{API}/files/{done['result']['sha256']}/thumbnail?width=160").status == 200


@pytest.mark.slow
def test_of_a_canceled_film_what_is_painted_is_kept(client, film_request, folder, database, store, monkeypatch):
    monkeypatch.setattr("brushwork.studio.work._LOOK", 0.0)
    job = client.post(f"{API}/jobs", film_request).json()["id"]
    seen = []

    def is_wanted(claim):
        seen.append(store.get(job)["done"])
        return "cancel" if len(seen) > 4 else None

    monkeypatch.setattr("brushwork.studio.claims.Claim.read_wanted", is_wanted)
    work_on(database, folder, job)
    kept = store.get(job)
    assert (kept["state"], kept["problem"]) == ("canceled", None)
    assert kept["result"]["unfinished"]
    with av.open(str(folder.stored(kept["result"]["sha256"]))) as painted:
        assert 0 < len(list(painted.decode(video=0))) < FRAMES
