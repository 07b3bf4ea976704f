from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from io import BytesIO
from time import monotonic, sleep

import pytest
from PIL import Image

from asgi_client import AsgiClient
from brushwork.errors import InputError
from brushwork.studio import guard
from brushwork.studio.app import StudioApp
from brushwork.studio.file_store import register_painting
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_rows import change_known_job
from brushwork.studio.job_store import JobStore
from brushwork.studio.known_paintings import register_shipped
from brushwork.studio.page_files import STATIC
from brushwork.studio.request_options import make_options
from brushwork.studio.retention import sweep
from brushwork.studio.settings import StudioSettings, UploadLimits, make_settings
from studio_app import OpenApp
from studio_pictures import png

API = "/api/v1"


def upload(client, data, **headers):
    return client.request("PUT", f"{API}/files", body=data, headers=headers)


@pytest.fixture
def files(client):
    return [upload(client, png(seed)).json()["sha256"] for seed in (1, 2)]


def create(client, files, **more):
    return client.post(f"{API}/jobs", {"content": files[0], "paintings": [files[1]], **more})


def test_an_upload_is_known_by_its_hash(client):
    data = png(3, (90, 60))
    first = upload(client, data, **{"x-name": "M%C3%BCnster.png"})
    assert first.status == 201
    known = first.json()
    assert known["sha256"] == hashlib.sha256(data).hexdigest()
    assert (known["width"], known["height"], known["kind"], known["name"]) == (90, 60, "png", "Münster.png")
    assert upload(client, data).status == 200
    back = client.get(f"{API}/files/{known['sha256']}")
    assert back.body == data
    assert back.headers["content-type"] == "image/png"
    assert "immutable" in back.headers["cache-control"]
    small = client.get(f"{API}/files/{known['sha256']}/thumbnail?width=160")
    assert small.body[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("data", "status", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "kind"),
        (b"#EXTM3U\nfile:///etc/passwd", 415, "kind"),
        (b"ffconcat version 1.0\nfile x", 415, "kind"),
        (b"%PDF-1.7 and so on", 415, "kind"),
        (b"", 415, "kind"),
        (b"\x89PNG\r\n\x1a\n and nothing that follows", 422, "input"),
    ],
)
def test_what_is_no_picture_is_refused(client, folder, data, status, name):
    answer = upload(client, data)
    assert (answer.status, answer.json()["type"]) == (status, f"/problems/{name}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert not list(folder.incoming.iterdir())


def test_limits_hold_for_bytes_and_for_pixels(folder):
    settings = make_settings(folder.path, "127.0.0.1", 8765)
    app = OpenApp(settings.__class__(folder.path, limits=UploadLimits(max_bytes=10_000, max_pixels=5000)))
    client = AsgiClient(app)
    assert upload(client, png(1, (60, 60))).status == 201
    assert upload(client, png(1, (90, 60))).json()["type"] == "/problems/too-many-pixels"
    announced = upload(client, b"\x89PNG\r\n\x1a\n", **{"content-length": "10001"})
    assert (announced.status, announced.json()["type"]) == (413, "/problems/too-large")
    streamed = upload(client, png(1)[:16] + bytes(10_001))
    assert streamed.status == 413
    assert not list(folder.incoming.iterdir())
    app.services.close()


def test_a_quota_stops_new_paintings_and_deletes_nothing(folder):
    app = OpenApp(StudioSettings(folder.path, quota=2000))
    client = AsgiClient(app)
    files = [upload(client, png(seed, (20, 20))).json()["sha256"] for seed in (1, 2)]
    first, cards = create(client, files).json()["id"], {"content": files[0], "paintings": [files[1]]}
    card = client.post(f"{API}/cards", cards).json()
    assert upload(client, png(3, (200, 200))).status == 201
    for refused in (
        create(client, files),
        client.post(f"{API}/jobs/{first}/again"),
        client.post(f"{API}/cards", {**cards, "content": files[1]}),
        client.post(f"{API}/sheets", {"content": files[0], "painting": files[1], "options": [{}]}),
    ):
        assert (refused.status, refused.json()["type"]) == (507, "/problems/quota")
    assert client.post(f"{API}/cards", cards).json() == card  # it is there already
    register_painting(app.services.database, files[0], name="new", sha256=files[0], model=None)
    both = {**cards, "paintings": [files[0], files[1]]}
    assert client.post(f"{API}/cards", both).json() == card, "the known one is not hidden by a new one"
    assert len(client.get(f"{API}/jobs").json()["jobs"]) == 1
    app.services.close()


def test_a_painting_is_created_listed_and_canceled(client, files):
    answer = create(client, files, title="a\u0000 b")
    job = answer.json()
    assert answer.status == 201
    assert answer.headers["location"] == f"{API}/jobs/{job['id']}"
    assert (job["state"], job["title"]) == ("pending", "a b")
    assert [one["id"] for one in client.get(f"{API}/jobs").json()["jobs"]] == [job["id"]]
    assert client.post(f"{API}/jobs/{job['id']}/cancel").json()["state"] == "canceled"
    refused = client.post(f"{API}/jobs/{job['id']}/resume")
    assert (refused.status, refused.json()["type"]) == (409, "/problems/state")
    again = client.post(f"{API}/jobs/{job['id']}/again").json()
    assert (again["parent"], again["via"], again["state"]) == (job["id"], "again", "pending")
    assert client.post(f"{API}/jobs/{job['id']}/go-on", {}).status == 409  # it has no result


def test_a_key_makes_it_idempotent(client, files):
    key = {"idempotency-key": "k1"}
    body = {"content": files[0], "paintings": [files[1]]}
    first = client.post(f"{API}/jobs", body, headers=key)
    again = client.post(f"{API}/jobs", body, headers=key)
    assert (first.status, again.status) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert client.post(f"{API}/jobs", body | {"options": {"size": 64}}, headers=key).status == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": "../../etc/passwd", "paintings": []},
        {"content": "0" * 64, "paintings": ["0" * 64]},
        {"content": "{0}", "paintings": []},
        {"content": "{0}", "paintings": ["{1}"], "options": {"size": {"a": 1}}},
        {"content": "{0}", "paintings": ["{1}"], "options": {"__class__": 1}},
        {"content": "{0}", "paintings": ["{1}"], "kind": "draft"},
        {"content": "{0}", "paintings": ["{1}"], "output": "/etc/passwd"},
        {"content": "{0}", "kind": "model", "model": "../x"},
        {"content": "{0}", "paintings": ["{1}"], "options": {"sise": 512}},
        {"content": "{0}", "paintings": ["{1}"], "options": {"size": 0}},
        {"content": "{0}", "paintings": ["{1}"], "options": {"size": "large"}},
        {"content": "{0}", "paintings": ["{1}"], "options": {"style_scale": [-1]}},
        {"content": "{0}", "kind": "blend", "start": "{1}", "options": {"strength": 2}},
    ],
)
def test_what_does_not_fit_is_a_problem(client, files, body):
    text = {key: value.format(*files) if isinstance(value, str) else value for key, value in body.items()}
    if "paintings" in text:
        text["paintings"] = [one.format(*files) for one in text["paintings"]]
    answer = client.post(f"{API}/jobs", text)
    assert answer.status == 422
    assert answer.json()["detail"]


def test_changes_need_the_version_that_was_seen(client, files):
    job = create(client, files).json()
    path = f"{API}/jobs/{job['id']}"
    changed = client.request("PATCH", path, data={"priority": 3}, headers={"if-match": f'"{job["version"]}"'})
    assert (changed.status, changed.json()["priority"]) == (200, 3)
    assert (
        client.request("PATCH", path, data={"priority": 4}, headers={"if-match": f'"{job["version"]}"'}).status == 412
    )


def test_of_two_changes_with_one_version_the_second_is_refused(client, files, database):
    """The second is asked for while the first holds the write lock: its version was still the newest then."""
    job = create(client, files).json()
    change = partial(client.request, "PATCH", f"{API}/jobs/{job['id']}", data={"priority": 4})
    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            second = pool.submit(change, headers={"if-match": f'"{job["version"]}"'})
            sleep(0.5)  # it waits for the lock; a check outside of the transaction would have been passed by now
            change_known_job(connection, job["id"], priority=3)
        assert second.result().status == 412
    assert client.get(f"{API}/jobs/{job['id']}").json()["priority"] == 3


def test_unknown_is_404_everywhere(client):
    for path in ("jobs/x", "files/" + "0" * 64, "jobs/x/preview", "nothing", "files/" + "0" * 64 + "/thumbnail"):
        answer = client.get(f"{API}/{path}")
        assert (path, answer.status) == (path, 404)
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/static/../app.py").status == 404
    assert client.get("/static/%2e%2e/app.py").status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"host": "evil.example:8765"}, 403),
        ({"host": "127.0.0.1"}, 403),
        ({"host": "127.0.0.1:8765.evil.example"}, 403),
        ({"host": "localhost:8765"}, 422),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 422),
        ({"origin": "null"}, 403),
        ({"origin": "http://[evil"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8765"}, 422),
        ({"origin": "http://127.0.0.1:8766"}, 403),
    ],
)
def test_other_hosts_and_origins_are_refused(client, headers, status):
    assert client.post(f"{API}/jobs", headers=headers).status == status


@pytest.mark.parametrize(
    ("host", "allowed", "accepted", "refused"),
    [
        ("127.0.0.1", (), ["127.0.0.1:8765", "[::1]:8765"], ["127.0.0.1", "127.0.0.2:8765", "evil.example"]),
        ("127.0.0.2", (), ["127.0.0.2:8765", "localhost:8765"], ["127.0.0.2", "127.0.0.3:8765"]),
        ("0.0.0.0", (), ["127.0.0.1:8765"], ["0.0.0.0:8765", "evil.example:8765"]),
        ("2001:DB8:0::1", (), ["[2001:db8::1]:8765"], ["[2001:db8::2]:8765", "2001:db8::1:8765", "[::]:8765"]),
        ("::", ("2001:db8::1",), ["[2001:db8::1]:8765", "[2001:db8::1]"], ["[::]:8765", "[2001:db8::1]:443"]),
        ("127.0.0.1", ("A.example",), ["a.example", "a.example:8765"], ["a.example:80", "b.a.example", "a.example.b"]),
        ("127.0.0.1", ("a.example:443",), ["a.example", "a.example:443"], ["a.example:8765", "a.example:443:8765"]),
        ("127.0.0.1", ("[::2]:8443",), ["[::2]:8443"], ["[::2]:8765", "[::2]"]),
    ],
)
def test_the_names_of_a_server_are_its_address_and_those_that_are_allowed(folder, host, allowed, accepted, refused):
    settings = make_settings(folder.path, host, 8765, allowed)
    client = AsgiClient(StudioApp(settings))
    found = {one: client.get("/", headers={"host": one}).status for one in (*accepted, *refused)}
    assert found == dict.fromkeys(accepted, 200) | dict.fromkeys(refused, 403)


@pytest.mark.parametrize("name", ["https://a.example", "*", "a.example:x", "[a.example]", "a b", ""])
def test_what_is_no_host_is_not_allowed(folder, name):
    with pytest.raises(InputError, match="is no host"):
        make_settings(folder.path, "127.0.0.1", 8765, (name,))


def test_a_host_is_checked_for_pages_and_streams_too(client):
    for path in ("/", f"{API}/events", "/static/app.js"):
        assert client.get(path, headers={"host": "evil.example:8765"}).status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"content-length": "1000001"}, 413), ({"content-length": "x"}, 413), ({"transfer-encoding": "chunked"}, 411)],
)
def test_a_long_body_is_refused_before_it_is_read(client, headers, status):
    assert client.post(f"{API}/jobs", headers=headers).status == status


def test_a_painting_that_was_removed_stays_away_after_a_restart(client, folder, database):
    register_shipped(database, folder)
    first, *others = client.get(f"{API}/paintings").json()["paintings"]
    assert client.request("DELETE", f"{API}/paintings/{first['id']}").status == 204
    register_shipped(database, folder)
    assert client.get(f"{API}/paintings").json()["paintings"] == others


def test_every_answer_has_the_security_headers(client):
    for path in ("/", f"{API}/jobs", f"{API}/nothing", "/static/nothing"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in headers if name.startswith("access-control")]


def test_other_machines_need_the_token(folder):
    settings = make_settings(folder.path, "0.0.0.0", 8765, ("studio.lan",))
    assert len(settings.token) >= 43  # 256 bits in base 64
    app = OpenApp(settings)
    client = AsgiClient(app)
    lan = {"host": "studio.lan:8765"}
    assert client.get(f"{API}/jobs", headers=lan).status == 401
    assert client.get(f"{API}/jobs", headers=lan | {"authorization": "Bearer wrong"}).status == 401
    assert client.get(f"{API}/jobs", headers=lan | {"authorization": f"Bearer {settings.token}"}).status == 200
    assert client.get("/", headers=lan).status == 200  # the page itself, which then sends the token
    wrong = client.post(f"{API}/session", {"token": "wrong"}, headers=lan)
    right = client.post(f"{API}/session", {"token": settings.token}, headers=lan)
    assert (wrong.status, right.status) == (401, 204)
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    assert client.get(f"{API}/jobs", headers=lan | {"cookie": cookie.partition(";")[0]}).status == 200
    app.services.close()


def test_too_many_writes_are_slowed_down(client, monkeypatch):
    moment = monotonic()
    monkeypatch.setattr(guard, "monotonic", lambda: moment)  # however long they take
    answers = [client.post(f"{API}/jobs") for _ in range(60)]
    limited = [one for one in answers if one.status == 429]
    assert len(limited) >= 20 and limited[0].headers["retry-after"]  # of two seconds, 40 are allowed


def test_the_server_imports_no_torch():
    script = (
        "import sys, brushwork.studio.api, brushwork.studio.quiet_server, brushwork.studio.server\n"
        "print([name for name in ('torch', 'numpy', 'PIL', 'av', 'dbos') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_what_is_canceled_while_it_waits_keeps_its_draft(client, files, folder):
    job = create(client, files).json()["id"]
    shown = folder.preview(job)
    shown.parent.mkdir(parents=True)
    with Image.open(BytesIO(png(1))) as image:
        image.save(shown)
    result = client.post(f"{API}/jobs/{job}/cancel").json()["result"]
    assert (result["width"], result["height"], result["unfinished"]) == (80, 64, True)
    assert client.get(f"{API}/files/{result['sha256']}").headers["content-type"] == "image/webp"


def test_work_of_jobs_that_are_over_is_swept(client, files, folder, database):
    over, waiting = create(client, files).json()["id"], create(client, files).json()["id"]
    for job in (over, waiting, "unknown"):
        folder.begin_attempt(job, 1)
    client.post(f"{API}/jobs/{over}/cancel")
    sweep(database, folder)
    assert folder.latest_attempt(waiting) is not None
    assert folder.latest_attempt(over) is None
    assert not folder.work("unknown").exists()


def test_every_option_is_in_the_schema_and_its_default_is_accepted(client, files):
    for kind in client.get(f"{API}/recipes").json()["kinds"]:
        properties = client.get(f"{API}/recipes/{kind}/schema").json()["properties"]
        assert all(one["description"] and one["x-group"] for one in properties.values()), kind
        style = {"model": "gallery"} if kind == "model" else {"paintings": [files[1]]}
        options = {name: one["default"] for name, one in properties.items()}
        body = {"kind": kind, "content": files[0], "options": options, **style}
        answer = client.post(f"{API}/jobs", body)
        assert (kind, answer.status) == (kind, 201), answer.json()
    assert client.get(f"{API}/recipes/nothing/schema").status == 404


def test_a_batch_is_created_whole_or_not_at_all(client, files):
    good = {"content": files[0], "paintings": [files[1]]}
    made = client.post(f"{API}/batches", {"jobs": [good, good]})
    assert made.status == 201
    assert {job["batch"] for job in made.json()["jobs"]} == {made.json()["id"]}
    refused = client.post(f"{API}/batches", {"jobs": [good, good | {"options": {"size": -1}}]})
    assert refused.status == 422
    assert len(client.get(f"{API}/jobs").json()["jobs"]) == 2


def test_cards_are_painted_once_and_those_of_another_photograph_are_removed(client, files):
    client.post(f"{API}/paintings", {"sha256": files[1], "name": "lake"})
    ask = {"content": files[0], "paintings": [files[1]]}
    first, again = (client.post(f"{API}/cards", ask).json()["cards"][0]["job"]["id"] for _ in range(2))
    assert first == again
    client.post(f"{API}/cards", ask | {"content": files[1]})
    assert client.get(f"{API}/jobs/{first}").json()["state"] == "canceled"


def test_space_is_checked_once_for_all_cards_of_a_request(database):
    looks = []
    store = JobStore(database, looks.append)
    requests = [PaintingRequest(kind="card", content="0" * 64, paintings=(one * 64,)) for one in "abc"]
    assert all(store.create_cards(requests))
    assert len(looks) == 1


def test_a_card_is_painted_as_what_it_stands_for(client, files):
    """A photograph by a few iterations, the frame of a film by AdaIN, which paints films."""
    client.post(f"{API}/paintings", {"sha256": files[1], "name": "lake"})
    ask = {"content": files[0], "paintings": [files[1]]}
    cards = [client.post(f"{API}/cards", ask | {"film": film}).json()["cards"][0]["job"] for film in (False, True)]
    options = [make_options(PaintingRequest.from_json(card["request"])) for card in cards]
    assert [one.method for one in options] == ["optimize", "adain"]
    assert options[0].init == "patches" and options[0].iterations < 9
    model = make_options(replace(PaintingRequest.from_json(cards[0]["request"]), paintings=(), model="gallery"))
    assert model.method == "model" and model.size > options[0].size  # strokes of a model are coarse


def test_cards_of_a_network_are_painted_first(client, files, database):
    client.post(f"{API}/paintings", {"sha256": files[1], "name": "lake"})
    register_painting(database, "model:gallery:wave", name="wave", sha256=files[1], model="gallery")
    ask = {"content": files[0], "paintings": [files[1], "model:gallery:wave"]}
    painting, network = (one["job"]["priority"] for one in client.post(f"{API}/cards", ask).json()["cards"])
    assert painting < network < 0


def test_a_contact_sheet_is_made_of_samples(client, files):
    ask = {"content": files[0], "painting": files[1], "options": [{}, {"content_weight": 2.0}]}
    jobs = client.post(f"{API}/sheets", ask).json()["jobs"]
    assert [one["request"]["options"] for one in jobs] == ask["options"]
    assert client.post(f"{API}/sheets", ask).json()["jobs"] == jobs  # not painted twice
    assert client.get(f"{API}/jobs").json()["jobs"] == []
    assert make_options(PaintingRequest.from_json(jobs[0]["request"])).iterations < 20
    assert client.post(f"{API}/sheets", ask | {"options": [{"content_weight": -1}]}).status == 422


def test_a_quality_is_that_of_the_preset(client, files):
    assert create(client, files, options={"quality": "draft"}).status == 201
    assert "nice" in create(client, files, options={"quality": "nice"}).json()["detail"]


def test_the_page_requests_all_of_its_modules_at_once(client):
    page = client.get("/").body.decode()
    when_opened = {
        "first.js",
        "advanced.js",
        "mask.js",
        "mask-drawing.js",
        "sheet.js",
        "giant.js",
        "vendor/openseadragon.js",
    }
    modules = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js")} - when_opened
    assert set(re.findall(r'rel="modulepreload" href="/static/([^"]+)"', page)) == modules


@pytest.mark.parametrize("database_kind", ["sqlite", "postgres"])
def test_names_that_no_database_can_hold_are_unknown(client, database_kind):
    assert client.request("GET", "/api/v1/jobs/a\0b").status == 404
    assert client.request("DELETE", "/api/v1/paintings/a\0b").status == 422


def test_an_unknown_model_is_refused_at_once(client, files, database):
    ask = {"kind": "model", "content": files[0], "model": "galery"}
    register_painting(database, "model:gallery:wave", name="wave", sha256=files[1], model="gallery")
    refused = client.post(f"{API}/jobs", ask)
    assert (refused.status, refused.json()["detail"]) == (422, "there is no model 'galery'. Did you mean 'gallery'?")
    assert client.post(f"{API}/jobs", {**ask, "model": "gallery"}).status == 201


def test_a_model_and_a_network_are_names_and_no_files_of_the_server(client, files):
    body = {"kind": "model", "content": files[0], "model": "gallery", "options": {"model": "/etc/passwd"}}
    refused = client.post(f"{API}/jobs", body)
    assert (refused.status, "no option 'model'" in refused.json()["detail"]) == (422, True)
    assert "model" not in client.get(f"{API}/recipes/model/schema").json()["properties"]
    for network in ("/etc/passwd", "secret.pth", "secret.safetensors"):  # the last two of the current folder
        assert create(client, files, options={"network": network}).status == 422
    assert create(client, files, options={"network": "vgg19"}).status == 201


def test_a_title_that_is_changed_is_cleaned_as_a_new_one(client, files):
    job = create(client, files).json()["id"]
    changed = client.request("PATCH", f"{API}/jobs/{job}", data={"title": "a\u0000 b"})
    assert changed.json()["title"] == "a b"
