"""The page before the API is there."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys

from asgi_client import AsgiClient
from brushwork.studio.app import StudioApp
from brushwork.studio.page_files import STATIC
from brushwork.studio.settings import StudioSettings


def test_the_page_is_there_before_the_api_which_is_waited_for(folder):
    app = StudioApp(StudioSettings(folder.path))
    client = AsgiClient(app)
    assert client.get("/").status == client.get("/static/app.js").status == 200
    assert client.get("/", headers={"host": "evil.example"}).status == 403
    assert client.request("POST", "/").status == 405
    tag = client.get("/static/app.js").headers["etag"]
    assert client.get("/static/app.js", headers={"if-none-match": tag}).status == 304

    async def api(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask_before_it_is_open():
        scope = {"type": "http", "method": "GET", "path": "/api/v1/health", "headers": [(b"host", b"127.0.0.1:8765")]}
        sent = []

        async def send(message):
            sent.append(message)

        task = asyncio.create_task(app(scope, None, send))
        await asyncio.sleep(0)
        before = list(sent)
        app.open(api)
        await task
        return before, sent[0]["status"]

    assert asyncio.run(ask_before_it_is_open()) == ([], 204)


def test_what_is_seen_before_the_scripts_is_what_they_show():
    """The page's own texts, in the file that is there first."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    words = (STATIC / "words.js").read_text(encoding="utf-8")
    shown = re.findall(r"<(?:h2|p|span)[^>]*>([^<]+)</", page[page.index('id="app"') :])
    assert len(shown) == 7
    assert [text for text in shown if f'"{text}"' not in words] == []


def test_no_library_of_the_api_is_imported_before_the_page_is_served():
    script = (
        "import sys\n"
        "import uvicorn, brushwork.studio.server, brushwork.studio.app, brushwork.studio.quiet_server\n"
        "print([name for name in ('fastapi', 'pydantic', 'sqlalchemy', 'PIL', 'numpy') if name in sys.modules])\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=600, check=True)
    assert found.stdout == "[]\n"
