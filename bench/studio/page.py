"""Times of the studio's page in Chromium: start, first painted picture, cards, cancel; its weight and the server's memory.

Beside each time: the processor seconds that the server and its workers took for it.

python bench/studio/page.py PHOTOGRAPH PAINTING
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from brushwork.studio.claims import FIRST_OWN_PREVIEW

CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("painting", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_context().new_page()
        began = time.monotonic()
        server, address = start(folder)
        try:
            report = measure(page, address, began, given.photograph, given.painting, server.pid)
            report["server_rss_mb"] = resident(server.pid)
        finally:
            server.terminate()
            server.wait(60)
        browser.close()
    report["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(report, indent=2))


def start(folder: str, *more: str) -> tuple[subprocess.Popen[str], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "brushwork", "studio", "--no-open", "--port", str(port), "--folder", folder, *more]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def measure(page: Page, address: str, began: float, photograph: Path, painting: Path, server: int) -> dict[str, Any]:
    report: dict[str, Any] = {"server_answers_s": since(began)}

    def mark() -> tuple[float, float]:
        return time.monotonic(), processor_seconds(server)

    def note(name: str, begin: tuple[float, float]) -> None:
        report[f"{name}_s"] = since(begin[0]), f"{processor_seconds(server) - begin[1]:.2f} of processor time"

    sizes: dict[str, int] = {}

    def count(answer: Any) -> None:
        if answer.ok and not answer.url.endswith("/events"):
            sizes[answer.url] = len(answer.body())

    page.on("response", count)
    page.goto(address)
    page.locator(".card img").first.wait_for()
    report["first_paintings_s"] = since(began)
    first = page.evaluate(
        "performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    report["first_paint_s"] = round(first / 1000 - (time.time() - time.monotonic() + began), 2)
    page.wait_for_timeout(500)
    report["page_weight_kb"] = sum(sizes.values()) // 1000
    report["script_weight_kb"] = sum(size for url, size in sizes.items() if url.endswith(".js")) // 1000
    until(page, "async () => (await (await fetch('/api/v1/about')).json()).workers.some((one) => one.ready)")
    report["worker_warm_s"] = since(began)
    page.remove_listener("response", count)
    begin = mark()
    page.locator(".easel input[type=file]").first.set_input_files(photograph)
    page.locator(".card-picture .swatch").first.wait_for()
    note("first_card", begin)
    cards = page.locator(".card").count()
    for name, count in (("twelve_cards", min(12, cards)), ("all_cards", cards)):
        until(page, f"document.querySelectorAll('.card-picture .swatch').length >= {count}")
        note(name, begin)
    report["cards"] = cards
    begin = mark()
    page.locator(".add-card input[type=file]").set_input_files(painting)
    page.locator(".after img").first.wait_for()
    note("first_picture_after_painting_dropped", begin)
    job = "(await import('/static/state.js')).currentJob.value"
    until(page, f"async () => {job}.preview > {FIRST_OWN_PREVIEW}", 300)
    note("painting_replaces_draft", begin)
    begin = mark()
    before = page.evaluate("(async () => (await import('/static/state.js')).current.value)()")
    page.locator(".card:not(:has(.tag))").nth(1).click()
    shown = "[...document.querySelectorAll('.after img')].map((one) => one.src)"
    until(page, f"{shown}.some((one) => one.includes('preview') && !one.includes('{before}'))")
    note("first_preview_while_another_is_painted", begin)
    until(page, "document.querySelector('.facts').textContent.includes('%')", 60)
    begin = mark()
    page.get_by_text("Enough, keep this").click()
    page.get_by_text("Save the picture").wait_for()
    note("keep_to_result", begin)
    return report


def until(page: Page, condition: str, seconds: float = 60.0) -> None:
    """Wait for a condition by looking at it: the page's policy forbids Playwright's own way, which evaluates text."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds} s for: {condition}")
        time.sleep(0.02)


def since(began: float) -> float:
    return round(time.monotonic() - began, 2)


def processor_seconds(server: int) -> float:
    """Return the processor seconds of a process and its children so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number, fields = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
            if server in (number, int(fields[1])):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Return the resident memory of a process in megabytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1000


if __name__ == "__main__":
    main()
