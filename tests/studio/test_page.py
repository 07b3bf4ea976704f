"""The page in a real browser, with a real server and worker; only the network that is optimized is a small one."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import studio_worker
from studio_pictures import film, png

pytestmark = pytest.mark.slow
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

TIMEOUT = 300_000
"""Milliseconds for what takes one or two seconds on an idle machine."""

WORKER = Path(studio_worker.__file__)
SOURCES = os.pathsep.join(sys.path)

ENDLESS = {"size": 96, "advanced": {"transfer": {"iterations": 20_000}}}
"""Settings of a painting that is not finished before it is stopped."""

MOST_BYTES, MOST_SCRIPT = 300_000, 100_000


@pytest.fixture(scope="module")
def address(tmp_path_factory, fork_server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("studio")
    command = [sys.executable, "-m", "brushwork", "studio", "--no-open", "--workers", "0", "--port", str(port)]
    server = subprocess.Popen([*command, "--folder", str(folder)], stdout=subprocess.PIPE, text=True)
    found = server.stdout.readline().strip()
    reading, writing = os.pipe()
    worker = fork_server.start(str(WORKER), str(folder), stdin=reading, env=os.environ | {"PYTHONPATH": SOURCES})
    os.close(reading)
    yield found
    os.close(writing)  # which ends the worker
    server.terminate()
    server.wait(TIMEOUT / 1000)
    server.stdout.close()
    with worker:
        assert worker.wait(TIMEOUT / 1000) == 0, worker.stderr.read()


@pytest.fixture(scope="module")
def first_visit(browser, address):
    """The page of desktop size that tests share, since a browser takes seconds for each, and its files' sizes."""
    context = new_context(browser)
    page = context.new_page()
    page.goto(address)
    page.locator(".card img").first.wait_for()
    in_view = "[...document.querySelectorAll('.card img')].slice(0, 3)"  # others load when scrolled to
    wait_until(page, lambda: page.evaluate(f"{in_view}.every((one) => one.complete)"))
    entries = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
    yield page, dict(page.evaluate(f"{entries}.map((one) => [one.name, one.encodedBodySize])"))
    context.close()


def new_context(browser, **settings):
    context = browser.new_context(reduced_motion="reduce", **settings)  # what fades in has no contrast yet
    context.set_default_timeout(TIMEOUT)
    return context


@pytest.fixture
def open_page(browser, address, first_visit):
    """Open the page; at the end there must have been no error on its console, and no request to anywhere else."""
    contexts, wrong = [], []
    desktop_page, _ = first_visit
    listeners = {
        "console": lambda message: wrong.append(message.text) if message.type == "error" else None,
        "pageerror": lambda error: wrong.append(str(error)),
        "request": lambda request: None if is_local(request.url, address) else wrong.append(request.url),
    }

    def open_one(**settings):
        if settings:
            contexts.append(new_context(browser, **settings))
        else:
            desktop_page.evaluate("localStorage.clear()")  # of the test before
        page = contexts[-1].new_page() if settings else desktop_page
        for name, listener in listeners.items():
            page.on(name, listener)
        page.goto(address)
        page.locator(".card").first.wait_for()
        return page

    yield open_one
    for name, listener in listeners.items():
        with suppress(KeyError):
            desktop_page.remove_listener(name, listener)
    for context in contexts:
        context.close()
    assert wrong == []


def is_local(url, address):
    return url.startswith((address, "blob:", "data:"))


def drop(page, tmp_path):
    file = tmp_path / "lake.png"
    file.write_bytes(png(1, (96, 72)))
    page.locator(".easel input[type=file]").first.set_input_files(file)
    page.locator(".card-picture .swatch").first.wait_for()


def settle(page, **values):
    """Choose the settings that take least time."""
    page.evaluate(
        "async (values) => { const { settings } = await import('/static/state.js');"
        " settings.value = { ...settings.value, ...values }; }",
        values,
    )


def wait_for_request(page, what):
    """Wait until what is painted was asked for as expected."""
    script = "async () => { const { currentJob } = await import('/static/state.js'); return currentJob.value.request; }"
    wait_until(page, lambda: what(page.evaluate(script)))


def wait_until(page, condition):
    end = time.monotonic() + TIMEOUT / 1000
    while not condition():
        assert time.monotonic() < end
        page.wait_for_timeout(50)  # unlike `sleep`, it lets the page's events arrive


def violations(page):
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]]


def test_a_photograph_is_painted_kept_and_found_again(open_page, tmp_path):
    page = open_page()
    assert violations(page) == []
    drop(page, tmp_path)
    settle(page, **ENDLESS)
    page.locator(".card:not(:has(.tag))").first.click()
    page.locator(".after img[src*=preview]").first.wait_for()
    assert violations(page) == []
    page.reload()  # the page holds no truth
    page.locator(".job-title").wait_for()
    page.get_by_role("button", name=re.compile("Enough|Cancel")).click()
    page.get_by_text("Save the picture").wait_for()
    page.get_by_role("slider", name="Strength").fill("0.5")
    page.get_by_text("50 %").wait_for()
    page.get_by_text("Save this mixture").click()
    wait_for_request(page, lambda request: (request["kind"], request["options"]) == ("blend", {"strength": 0.5}))
    page.get_by_text("Save the picture").wait_for()
    page.keyboard.press("2")
    grip = page.get_by_role("slider", name="Divide between photograph and painting")
    sync_api.expect(grip).to_have_value("50")
    grip.focus()
    page.keyboard.press("PageUp")
    sync_api.expect(grip).to_have_value("60")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.locator(".picture").first.wait_for()
    assert re.search("Lake after.*, 50 %", page.locator(".picture-name").first.inner_text())
    assert violations(page) == []


def test_a_second_tab_sees_it_and_a_part_can_be_chosen(open_page, tmp_path):
    page = open_page()
    drop(page, tmp_path)
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".place", has_text="Queue").click()
    page.bring_to_front()  # a page that is behind another has one frame a second
    settle(page, **ENDLESS)
    page.get_by_text("Paint a part only").click()
    canvas = page.locator(".mask-picture canvas[width='96']")  # the photograph has been decoded
    canvas.wait_for()
    wait_until(page, lambda: canvas.bounding_box() == page.locator(".mask-picture img").bounding_box())
    box = canvas.bounding_box()  # marks lie where they are drawn
    page.mouse.move(box["x"] - 5, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 20, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    canvas.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert violations(page) == []
    page.get_by_text("Use this part").click()
    page.get_by_text("A part is chosen").wait_for()
    page.locator(".card:not(:has(.tag))").first.click()
    other.locator(".queue-row").first.wait_for()
    page.get_by_text("After a part of the painting only").click()
    canvas = page.locator(".mask-picture canvas:not([width='300'])")
    canvas.wait_for()
    canvas.focus()
    page.keyboard.press("Space")
    page.get_by_text("Use this part").click()
    page.get_by_text("A part of the painting is chosen").wait_for()
    page.get_by_text("Paint with these settings").click()
    wait_for_request(page, lambda request: [len(masks) for masks in request["regions"]] == [2])
    assert violations(other) == []
    page.get_by_role("button", name=re.compile("Enough|Cancel")).click()
    other.locator(".queue-row").nth(1).wait_for(state="detached")  # the other one is paused
    other.close()


def test_what_happened_is_shown_in_whatever_order_it_comes(open_page, address):
    page = open_page()
    api = f"{address}api/v1"
    content, start = (page.request.put(f"{api}/files", data=png(seed, (40, 30))).json()["sha256"] for seed in (1, 2))
    body = {"kind": "blend", "content": content, "start": start, "options": {"strength": 0.5}}
    job = page.request.post(f"{api}/jobs", data=body).json()["id"]
    wait_until(page, lambda: page.request.get(f"{api}/jobs/{job}").json()["state"] == "completed")
    done = page.request.get(f"{api}/jobs/{job}").json()
    late, lost = done | {"state": "running", "version": done["version"] - 1}, done | {"state": "running", "version": 99}
    script = """async ([late, lost]) => {
      const { jobs, putJob, receive, toasts, useSignal } = await import('/static/state.js');
      const { act } = await import('/static/actions.js');
      const { api, ApiError } = await import('/static/api.js');
      const { html } = await import('/static/parts.js');
      const { render } = await import('/static/vendor/preact.js');
      const { signal } = await import('/static/vendor/signals-core.js');
      const state = () => jobs.value.get(late.id).state;
      const until = async (holds) => { while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10)); };
      putJob({ ...late, state: 'completed', version: late.version + 1 });
      putJob(late);
      const found = [state()];
      putJob(lost); // of a server that has lost what it had said last
      receive('reset', {});
      await until(() => state() !== 'running');
      jobs.value = new Map([[late.id, late]]); // the page has not heard yet that it ended
      api.act = async () => { throw new ApiError(409, { detail: 'it is completed' }); };
      await act(late, 'cancel');
      found.push(state(), toasts.value.length);
      const text = signal('before'), box = document.createElement('div');
      const Part = () => html`${useSignal(text)}`;
      render(html`<${Part} />`, box);
      text.value = 'after'; // before the browser has painted the first
      await until(() => box.textContent === 'after');
      return found;
    }"""
    assert page.evaluate(script, [late, lost]) == ["completed", "completed", 0]


def test_a_contact_sheet_shows_the_settings_and_one_is_chosen(open_page, tmp_path):
    page = open_page()
    drop(page, tmp_path)
    settle(page, **ENDLESS)
    page.locator(".card:not(:has(.tag))").first.click()
    page.get_by_role("button", name="Contact sheet").click()
    page.locator(".cell").nth(8).wait_for()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.locator(".pair img").nth(1).wait_for()
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for(state="detached")
    wait_for_request(page, lambda request: request["options"].get("content_weight") == 0.25)
    page.get_by_role("button", name=re.compile("Enough|Cancel")).click()


def test_a_film_is_dropped_painted_and_played(open_page, tmp_path):
    pytest.importorskip("av", reason="the extra `video` is not installed")
    page = open_page()
    film(tmp_path / "lake.mp4", (96, 72))
    page.locator(".easel input[type=file]").first.set_input_files(tmp_path / "lake.mp4")
    page.locator(".card-picture .swatch").first.wait_for()  # on a frame of the film
    settle(page, size=96)
    page.locator(".card:has(.tag)").first.click()
    duration = "document.querySelector('.film video')?.duration"
    wait_until(page, lambda: page.evaluate(f"{duration} > 0"))  # NaN until it is loaded
    assert page.evaluate(duration) == pytest.approx(0.5)
    assert violations(page) == []
    page.locator(".place", has_text="Pictures").click()
    page.get_by_text("Lake after").first.wait_for()


def test_a_large_image_is_shown_by_its_tiles(open_page, address):
    page = open_page()
    requests = []
    page.on("request", lambda one: requests.append(one.url))
    api = f"{address}api/v1"
    sizes = (420, 21), (4200, 210)
    content, start = (page.request.put(f"{api}/files", data=png(1, size)).json()["sha256"] for size in sizes)
    giant = {"kind": "blend", "content": content, "start": start, "options": {"strength": 1}, "title": "A giant"}
    assert page.request.post(f"{api}/jobs", data=giant).ok
    page.locator(".place", has_text="Pictures").click()
    assert not [url for url in requests if "openseadragon" in url]
    page.locator(".picture", has_text="A giant").click()
    grip = page.get_by_role("slider", name="Divide between photograph and painting")
    grip.wait_for(state="attached")
    assert [url for url in requests if re.search(r"_files/\d+/\d+_\d+\.jpeg", url)]
    finest = "document.querySelector('.giant-view canvas').closest('.giant-view') !== null"
    assert page.evaluate(finest)
    page.keyboard.press("2")
    sync_api.expect(grip).to_have_value("50")
    for _ in range(9):
        page.keyboard.press("+")
    wait_until(page, lambda: [url for url in requests if re.search(r"_files/13/\d+_\d+\.jpeg", url)])  # its own pixels
    assert violations(page) == []
    page.locator(".place", has_text="Pictures").click()


def test_it_fits_a_phone_in_the_dark(open_page, tmp_path):
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    page = open_page(**phone, color_scheme="dark")
    drop(page, tmp_path)
    for name in ("Paint", "Queue", "Pictures"):
        page.locator(".place", has_text=name).click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = page.evaluate(
            "[...document.querySelectorAll('button, select')].filter((one) => one.offsetParent !== null)"
            ".map((one) => [one.innerText || one.ariaLabel, one.getBoundingClientRect().height])"
            ".filter(([, height]) => height < 24)"
        )
        assert small == []
        assert violations(page) == []


def test_the_first_visit_is_light(first_visit):
    _, sizes = first_visit
    assert sum(sizes.values()) < MOST_BYTES
    assert 0 < sum(size for url, size in sizes.items() if url.endswith(".js")) < MOST_SCRIPT
