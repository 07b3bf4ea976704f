"""A giant picture in the page: how long until its tiles are there, until the page shows it, and what a tile takes.

python bench/studio/giant.py PHOTOGRAPH PAINTED --side 8000 --pictures FOLDER

Both pictures are enlarged to that side; the second stands for what was painted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
import urllib.request
from io import BytesIO
from pathlib import Path
from typing import Any

from page import CHROMIUM, resident, since, start, until
from PIL import Image
from playwright.sync_api import sync_playwright
from service import ask, percentile, until_it_answers

from brushwork.studio.claims import claim_job
from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("painted", type=Path)
    parser.add_argument("--side", type=int, default=8000)
    parser.add_argument("--pictures", type=Path, help="folder for screenshots")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        server, address = start(path, "--workers", "0")
        try:
            until_it_answers(f"{address}api/v1")
            report = measure(address, Path(path), given) | {"server_rss_mb": resident(server.pid)}
        finally:
            server.terminate()
            server.wait(60)
    print(json.dumps(report | {"load": round(os.getloadavg()[0], 1)}, indent=2))


def measure(address: str, path: Path, given: argparse.Namespace) -> dict[str, Any]:
    api = f"{address}api/v1"
    files = [
        json.loads(ask("PUT", f"{api}/files", enlarged(one, given.side))) for one in (given.photograph, given.painted)
    ]
    photograph, painted = files
    finish(path, photograph["sha256"], painted)
    began = time.monotonic()
    ask("GET", f"{api}/deepzoom/{painted['sha256']}.dzi")
    report: dict[str, Any] = {
        "megapixels": round(painted["width"] * painted["height"] / 1e6),
        "tiles_made_s": since(began),
    }
    level = (max(painted["width"], painted["height"]) - 1).bit_length()
    times = []
    for number in range(100):
        began = time.monotonic()
        column, row = number % (painted["width"] // 510), number // 10 % (painted["height"] // 510)
        with urllib.request.urlopen(f"{api}/deepzoom/{painted['sha256']}_files/{level}/{column}_{row}.jpeg") as answer:
            answer.read()
        times.append(time.monotonic() - began)
    report["tile_p95_ms"] = percentile(times)
    return report | look(address, given.pictures)


def look(address: str, pictures: Path | None) -> dict[str, Any]:
    """Open the picture in the page: with the tiles made, and the photograph's not."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_context(viewport={"width": 1360, "height": 860}).new_page()
        asked: list[str] = []
        page.on("response", lambda one: asked.append(one.url))
        page.goto(address)
        page.locator(".place", has_text="Pictures").click()
        begin = time.monotonic()
        page.locator(".picture").first.click()
        until(page, "document.querySelector('.giant .divide') !== null", 120)
        report: dict[str, Any] = {"page_shows_both_s": since(begin)}
        page.keyboard.press("2")
        page.wait_for_timeout(1500)
        report["tiles_asked_for"] = len([one for one in asked if re.search(r"_files/", one)])
        if pictures:
            pictures.mkdir(exist_ok=True)
            page.screenshot(path=pictures / "giant.png")
            for _ in range(5):
                page.keyboard.press("+")
            page.wait_for_timeout(2500)
            page.screenshot(path=pictures / "giant-zoomed.png")
            page.set_viewport_size({"width": 390, "height": 800})
            page.keyboard.press("0")
            page.wait_for_timeout(1500)
            page.screenshot(path=pictures / "giant-phone.png")
        browser.close()
    return report


def finish(path: Path, photograph: str, painted: dict[str, Any]) -> None:
    """Record a painting that is complete."""
    database = Database(StudioFolder(path).database)
    request = PaintingRequest(kind="blend", content=photograph, start=painted["sha256"], options={"strength": 1.0})
    job = JobStore(database).create(request, title="A giant")[0]["id"]
    claim = claim_job(database, job, 1, "bench", has_newer_checkpoint=False)
    assert claim is not None
    names = "sha256", "width", "height", "bytes"
    claim.settle("complete", result={**{name: painted[name] for name in names}, "unfinished": False})
    database.close()


def enlarged(path: Path, side: int) -> bytes:
    with Image.open(path) as image:
        scale = side / max(image.size)
        large = image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))
    buffer = BytesIO()
    large.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
