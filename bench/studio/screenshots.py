"""Pictures of the studio's places in Chromium: on a desk, on a phone, in the dark, and a strip of the first ten seconds.

python bench/studio/screenshots.py PHOTOGRAPH PAINTING FOLDER [--film FILM]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from io import BytesIO
from pathlib import Path

from page import CHROMIUM, start, until
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
STRIP = (0.0, 1.0, 2.0, 4.0, 10.0)
"""Seconds after the painting was dropped."""

READY = "async () => (await (await fetch('/api/v1/about')).json()).workers.some((one) => one.ready)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--film", type=Path, help="a short one, which is painted, too")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as studio, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        server, address = start(studio)
        try:
            page = browser.new_context(viewport=DESK).new_page()
            page.goto(address)
            page.locator(".card img").first.wait_for()
            page.screenshot(path=given.folder / "empty.png")
            until(page, READY)
            paint(page, given.photograph, given.painting, given.folder)
            show_places(page, given.folder)
            show_mixtures(page, given.folder)
            show_phone(browser, address, given.folder)
            show_giant(page, address, given.folder)
            if given.film:
                show_film(page, given.film, given.folder)
        finally:
            server.terminate()
            server.wait(60)
        browser.close()


def paint(page: Page, photograph: Path, painting: Path, folder: Path) -> None:
    """Paint a photograph, with pictures on the way, and a strip of them."""
    page.locator(".easel input[type=file]").first.set_input_files(photograph)
    cards = page.locator(".card").count()
    until(page, f"document.querySelectorAll('.card-picture .swatch').length === {cards}")
    page.wait_for_timeout(600)
    page.screenshot(path=folder / "cards.png")
    page.locator(".add-card input[type=file]").set_input_files(painting)
    began, shots = time.monotonic(), []
    for seconds in STRIP:
        page.wait_for_timeout(max(0.0, 1000 * (seconds - time.monotonic() + began)))
        shots.append(page.locator(".frame").screenshot())
    make_strip(shots).save(folder / "strip.jpg", quality=82)
    until(page, "parseInt(document.querySelector('.facts').textContent) >= 40", 300)
    page.wait_for_timeout(1500)
    page.keyboard.press("2")
    page.screenshot(path=folder / "half-way.png")
    page.keyboard.press("3")


def show_places(page: Page, folder: Path) -> None:
    """Save a picture of each place and dialog, and of the dark."""
    for place in ("Queue", "Pictures", "Paint"):
        page.locator(".place", has_text=place).click()
        page.wait_for_timeout(600)
        page.screenshot(path=folder / f"{place.lower()}.png")
    page.get_by_text("Paint a part only").click()
    canvas = page.locator(".mask-picture canvas")
    canvas.wait_for()
    page.wait_for_timeout(500)
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 90, steps=8)
    page.mouse.up()
    page.screenshot(path=folder / "part.png")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Contact sheet").click()
    page.locator(".cell").nth(8).wait_for()
    page.wait_for_timeout(30_000)
    page.screenshot(path=folder / "contact-sheet.png")
    page.keyboard.press("Escape")
    if page.get_by_role("button", name="Go on").count():
        page.get_by_role("button", name="Go on").first.click()
    page.get_by_text("Enough, keep this").click()
    page.get_by_text("Save the picture").wait_for()
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "dark.png")
    page.locator(".place", has_text="Pictures").click()
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "pictures-dark.png")


def show_mixtures(page: Page, folder: Path) -> None:
    """Save a painting mixed with its photograph, and a style of a network mixed with another one."""
    page.emulate_media(color_scheme="light")
    page.locator(".place", has_text="Paint").click()
    page.get_by_role("slider", name="Strength").fill("0.5")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "strength.png")
    page.get_by_text("Save this mixture").click()
    page.get_by_text("Save the picture").wait_for()
    page.locator(".card", has_text="Starry").locator(".tag").first.click()
    page.get_by_label("Blended with").select_option(label="Wave")
    page.get_by_role("slider", name="Share of the other").fill("0.6")
    page.get_by_text("Paint with these settings").click()
    page.locator(".job-title", has_text="Starry and Wave").wait_for()
    page.get_by_text("Save the picture").wait_for()
    page.wait_for_timeout(800)
    page.screenshot(path=folder / "blend.png")
    page.locator(".place", has_text="Pictures").click()


def show_phone(browser: Browser, address: str, folder: Path) -> None:
    """Save the places as a phone shows them."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    page.locator(".place", has_text="Pictures").click()
    page.locator(".picture").first.wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "phone-pictures.png")
    page.locator(".picture").first.click()
    page.locator(".after img").first.wait_for()
    page.wait_for_timeout(800)
    page.screenshot(path=folder / "phone.png")
    context.close()


def show_giant(page: Page, address: str, folder: Path) -> None:
    """Save a picture of more than 4096 pixels, as its tiles show it."""
    files = f"{address}api/v1/files"
    made = page.request.get(f"{address}api/v1/jobs?state=completed,canceled").json()["jobs"][0]
    buffer = BytesIO()
    with Image.open(BytesIO(page.request.get(f"{files}/{made['result']['sha256']}").body())) as image:
        image.convert("RGB").resize((5120, 3840), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=85)
    large = page.request.put(files, data=buffer.getvalue()).json()["sha256"]
    options = {"kind": "blend", "content": made["request"]["content"], "start": large, "options": {"strength": 1}}
    page.request.post(f"{address}api/v1/jobs", data={**options, "title": "A giant"})
    page.emulate_media(color_scheme="light")
    page.locator(".picture", has_text="A giant").click(timeout=60_000)
    page.get_by_role("slider", name="Divide between photograph and painting").wait_for(state="attached", timeout=60_000)
    page.keyboard.press("2")
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / "giant.png")


def show_film(page: Page, film: Path, folder: Path) -> None:
    """Save the cards of a film, and the film when it is painted by a model."""
    page.locator(".easel input[type=file]").first.set_input_files(film)
    page.locator(".card:has(.tag) .swatch").nth(1).wait_for(timeout=120_000)
    page.locator(".card:has(.tag)").nth(1).click()
    page.locator(".film video").wait_for(timeout=300_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "film.png")


def make_strip(shots: list[bytes], width: int = 300) -> Image.Image:
    """Return pictures beside each other."""
    images = [Image.open(BytesIO(one)).convert("RGB") for one in shots]
    height = round(width * images[0].height / images[0].width)
    strip = Image.new("RGB", (width * len(images), height))
    for place, image in enumerate(images):
        strip.paste(image.resize((width, height), Image.Resampling.LANCZOS), (place * width, 0))
    return strip


if __name__ == "__main__":
    main()
