"""The server as a whole, in this process; the command line of the queue; and the process that decodes uploads."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from shutil import which
from threading import Thread

import pytest

from brushwork.cli.main import main
from brushwork.errors import InputError
from brushwork.studio import ingest, supervisor
from brushwork.studio.folder import StudioFolder
from brushwork.studio.server import run_server
from brushwork.studio.services import Services
from brushwork.studio.settings import StudioSettings, make_settings
from brushwork.studio.supervisor import keep_workers, worker_command
from studio_pictures import png, small_request


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


ON_BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgres"])


@ON_BOTH
def test_it_serves_streams_what_happens_and_ends_by_a_signal(folder, store, database, database_kind):
    settings = make_settings(folder.path, "127.0.0.1", free_port(), workers=0, database=folder.address)
    found = {}

    def use():
        try:
            with urllib.request.urlopen(f"{settings.address}api/v1/health") as answer:
                found["health"] = json.load(answer)
            with urllib.request.urlopen(settings.address) as answer:
                found["page"] = answer.read()
            with urllib.request.urlopen(f"{settings.address}api/v1/events") as stream:
                found["hello"] = [stream.readline() for _ in range(4)]
                found["job"] = store.create(small_request(folder, database))[0]["id"]
                found["event"] = [stream.readline() for _ in range(3)]
            with urllib.request.urlopen(f"{settings.address}api/v1/events?after=1") as stream:
                found["replay"] = [stream.readline() for _ in range(3)]
            with pytest.raises(InputError, match="another studio"):
                run_server(settings, lambda: None)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    user = Thread(target=use)
    run_server(settings, user.start)
    user.join()
    assert found["health"] == {"status": "ok"}
    assert b'<div id="app">' in found["page"]
    assert found["hello"][1] == b"event: hello\n"
    assert found["event"][1] == b"event: job\n"
    assert json.loads(found["event"][2].removeprefix(b"data: "))["id"] == found["job"]
    assert found["replay"][0] == b"id: 2\n"


def test_it_serves_by_https_and_refuses_what_is_no_certificate(folder, tmp_path):
    if which("openssl") is None:
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -keyout {key} -out {certificate}"
    subprocess.run(make.split(), check=True, capture_output=True)
    settings = make_settings(folder.path, "127.0.0.1", free_port(), workers=0, certificate=certificate, key=key)
    assert settings.address.startswith("https://")
    found = []

    def use():
        try:
            trusted = ssl.create_default_context(cafile=str(certificate))
            trusted.check_hostname = False
            with urllib.request.urlopen(f"{settings.address}api/v1/health", context=trusted) as answer:
                found.append(json.load(answer))
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    user = Thread(target=use)
    run_server(settings, user.start)
    user.join()
    assert found == [{"status": "ok"}]
    for wrong in ({"certificate": key}, {"certificate": tmp_path / "none"}, {"key": key}):
        with pytest.raises(InputError, match="certificate"):
            make_settings(folder.path, "127.0.0.1", 8765, **wrong)


def test_a_port_that_is_taken_is_said_to_be(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(InputError, match="--port"):
            run_server(make_settings(folder.path, "127.0.0.1", other.getsockname()[1]), lambda: None)


@pytest.mark.parametrize(("port", "workers"), [(0, 1), (70_000, 1), (8765, -1), (8765, 65)])
def test_settings_out_of_range_are_refused(folder, port, workers):
    with pytest.raises(InputError, match="must be from"):
        make_settings(folder.path, "127.0.0.1", port, workers=workers)


def test_a_quota_that_is_no_number_is_refused(folder, capsys):
    assert main(["studio", "--quota", "nan", "--folder", str(folder.path)]) == 2
    assert "quota is nan: it must be 0 or more gigabytes" in capsys.readouterr().err


def test_workers_are_started_again_and_ended(folder, monkeypatch, tmp_path):
    assert worker_command(folder.path)[3:7] == [sys.executable, "-m", "brushwork", "worker"]
    script = f"import sys, time; open({str(tmp_path / 'starts')!r}, 'a').write('x'); time.sleep(0.01)"
    monkeypatch.setattr(supervisor, "worker_command", lambda _: [sys.executable, "-c", script])
    monkeypatch.setattr(supervisor, "_LONGEST_PAUSE", 0.01)

    end = time.monotonic() + 600
    with keep_workers(folder, 1):
        while not (tmp_path / "starts").exists() or len((tmp_path / "starts").read_text()) < 2:
            assert time.monotonic() < end
            time.sleep(0.01)


@ON_BOTH
def test_the_queue_is_listed_and_changed_on_the_command_line(store, folder, database, capsys, database_kind):
    job = store.create(small_request(folder, database), title="lake after lake")[0]["id"]
    place = ["--folder", str(folder.path)] + (["--database", folder.address] if folder.address else [])
    for action, state in (("pause", "paused"), ("resume", "pending"), ("cancel", "canceled")):
        assert main(["queue", action, job, *place]) == 0
        assert state in capsys.readouterr().out
    assert main(["queue", "again", job, *place]) == 0
    again = capsys.readouterr().out
    assert "lake after lake" in again and job not in again
    assert main(["queue", "list", "--json", *place]) == 0
    assert [one["state"] for one in json.loads(capsys.readouterr().out)] == ["pending", "canceled"]
    assert main(["queue", "list", *place]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["queue", "list", "--state", "canceled, pending", *place]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--state", "bogus"], "there is no state 'bogus'. Known: pending, running"),
        (["--state", "Paused"], "Did you mean 'paused'?"),
        (["--state", "paused,panding"], "Did you mean 'pending'?"),
        (["--limit", "-3"], "limit is -3: it must be 1 or more"),
    ],
)
def test_what_cannot_be_listed_is_refused(folder, store, capsys, given, message):
    assert main(["queue", "list", *given, "--folder", str(folder.path)]) == 2
    assert message in capsys.readouterr().err


def test_a_full_disk_stops_the_command_line_too(store, folder, database, capsys, monkeypatch):
    job = store.create(small_request(folder, database))[0]["id"]
    monkeypatch.setattr(StudioFolder, "has_room", lambda self: False)
    assert main(["queue", "again", job, "--folder", str(folder.path)]) != 0
    assert "nothing more is painted" in capsys.readouterr().err
    assert len(store.list_jobs()[0]) == 1


@ON_BOTH
def test_the_quota_of_the_studio_holds_on_the_command_line_until_it_starts_without(
    store, folder, database, capsys, database_kind
):
    job = store.create(small_request(folder, database))[0]["id"]
    again = ["queue", "again", job, "--folder", str(folder.path)]
    again += ["--database", folder.address] if folder.address else []
    Services.of(StudioSettings(folder.path, database=folder.address, quota=1)).close()
    assert main(again) == 1
    assert "all that --quota allows" in capsys.readouterr().err
    assert len(store.list_jobs()[0]) == 1
    Services.of(StudioSettings(folder.path, database=folder.address)).close()
    assert main(again) == 0


def test_what_is_not_there_is_one_line(folder, tmp_path, capsys, store):
    assert main(["queue", "list", "--folder", str(tmp_path / "nothing")]) == 2
    assert "there is no studio" in capsys.readouterr().err
    assert main(["queue", "pause", "unknown", "--folder", str(folder.path)]) != 0
    assert "no such painting" in capsys.readouterr().err


@pytest.mark.slow
def test_the_limit_of_time_is_that_of_each_file():
    """In a process of its own, which then computes until it is ended."""
    script = (
        "from brushwork.studio import ingest\n"
        "for used in (0, 5, 9): ingest.limit_seconds(used)\n"
        "print('raised', flush=True)\n"
        "ingest.limit_seconds(0, 1)\n"
        "while True: pass\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=600)
    assert (ended.stdout, ended.returncode) == ("raised\n", -signal.SIGXCPU)


def test_uploads_are_decoded_with_limits(tmp_path):
    file, small = tmp_path / "file", tmp_path / "made" / "small.webp"
    file.write_bytes(png(1, (640, 320)))
    request = {"path": str(file), "kind": "png", "max_pixels": 10**6, "thumbnails": {"160": str(small)}}
    assert ingest._answer(request) == {"width": 640, "height": 320}
    assert small.read_bytes()[8:12] == b"WEBP"
    assert "640×320" in ingest._answer(request | {"max_pixels": 1000})["too_large"]
    assert "cannot be read" in ingest._answer(request | {"kind": "jpeg"})["error"]
