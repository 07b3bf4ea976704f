"""Of the page in Chromium with a processor four times slower: its largest paint, an interaction, and a long history.

python bench/studio/vitals.py [--lighthouse node_modules/.bin/lighthouse]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from page import CHROMIUM, resident, start, until
from playwright.sync_api import Browser, Page, sync_playwright
from service import ask, until_it_answers

from brushwork.studio.claims import claim_job
from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import JobStore

SLOWER = 4
VISITS = 5

OBSERVE = """
window.seen = { paint: 0, tasks: [], events: [] };
new PerformanceObserver((list) => { seen.paint = list.getEntries().at(-1).startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => { seen.tasks.push(...list.getEntries().map((one) => one.duration)); })
  .observe({ type: "longtask" });
new PerformanceObserver((list) => { seen.events.push(...list.getEntries().map((one) => one.duration)); })
  .observe({ type: "event", durationThreshold: 16 });
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=10_000)
    parser.add_argument("--lighthouse", help="program of Lighthouse 12")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as path, sync_playwright() as started:
        server, address = start(path, "--workers", "0")
        try:
            until_it_answers(f"{address}api/v1")
            browser = started.chromium.launch(executable_path=CHROMIUM)
            report = visit(browser, address) | {"server_rss_idle_mb": resident(server.pid)}
            if given.lighthouse:
                report |= audit(given.lighthouse, address)
            fill(path, address, given.history)
            report |= scroll(browser, address) | {"server_rss_then_mb": resident(server.pid)}
            browser.close()
        finally:
            server.terminate()
            server.wait(60)
    print(json.dumps(report | {"load": round(os.getloadavg()[0], 1)}, indent=2))


def visit(browser: Browser, address: str) -> dict[str, Any]:
    paints, answers = [], []
    for _ in range(VISITS):
        page = open_slowly(browser, address)
        for name in ("Queue", "Pictures", "Paint"):
            page.locator(".place", has_text=name).click()
            page.wait_for_timeout(300)
        seen = page.evaluate("seen")
        paints.append(seen["paint"])
        answers.append(max(seen["events"], default=16))
        page.context.close()
    return {
        "largest_paint_ms": round(statistics.median(paints)),
        "interaction_ms": round(statistics.median(answers)),
        "visits": VISITS,
    }


def scroll(browser: Browser, address: str) -> dict[str, Any]:
    """Scroll through five pages of the history."""
    page = open_slowly(browser, address, slower=1)
    page.locator(".place", has_text="Pictures").click()
    page.locator(".picture").first.wait_for()
    for count in range(2, 6):
        page.get_by_text("Show more").click()
        until(page, f"document.querySelectorAll('.picture').length >= {60 * count}")
    page.evaluate("seen.tasks.length = 0")
    for _ in range(40):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(50)
    tasks = page.evaluate("seen.tasks")
    page.context.close()
    return {"pictures_scrolled": 300, "tasks_over_50_ms": len(tasks), "longest_task_ms": round(max(tasks, default=0))}


def open_slowly(browser: Browser, address: str, slower: int = SLOWER) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(OBSERVE)
    page.goto(address)
    page.locator(".card img").first.wait_for()
    page.wait_for_timeout(500)
    return page


def audit(lighthouse: str, address: str) -> dict[str, Any]:
    """Return the scores of Lighthouse, for a desk and for a phone."""
    scores = {}
    for kind in ("desktop", "phone"):
        command = [lighthouse, address, "--output=json", "--quiet", "--chrome-flags=--headless=new --no-sandbox"]
        command += ["--only-categories=accessibility,performance,best-practices"]
        command += ["--preset=desktop"] if kind == "desktop" else []
        environment = {**os.environ, "CHROME_PATH": CHROMIUM}
        found = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
        named = {name: round(100 * one["score"]) for name, one in found["categories"].items()}
        wrong = [
            name for name, one in found["audits"].items() if one["score"] == 0 and one["scoreDisplayMode"] == "binary"
        ]
        paint = round(found["audits"]["largest-contentful-paint"]["numericValue"])
        scores[kind] = named | {"largest_paint_ms": paint, "failed": wrong}
    return {"lighthouse": scores}


def fill(path: str, address: str, count: int) -> None:
    """Make a long history: each painting has a picture that the studio has already."""
    known = json.loads(ask("GET", f"{address}api/v1/paintings"))["paintings"][0]["sha256"]
    size = json.loads(ask("GET", f"{address}api/v1/files/{known}/info"))
    database = Database(StudioFolder(Path(path)).database)
    store, names = JobStore(database), ("sha256", "width", "height", "bytes")
    request = PaintingRequest(kind="instant", content=known, paintings=(known,), options={"size": 256})
    ended: list[str] = []
    for place in range(0, count, 500):
        ended += [job["id"] for job in store.create_batch([(request, "A title")] * min(500, count - place))[1]]
    for job in ended[-400:]:
        claim = claim_job(database, job, 1, "bench", has_newer_checkpoint=False)
        assert claim is not None
        claim.settle("complete", result={name: size[name] for name in names} | {"unfinished": False})
    database.close()
    time.sleep(1)


if __name__ == "__main__":
    main()
