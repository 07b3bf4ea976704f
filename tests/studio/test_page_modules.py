"""The modules of the page in a browser, each by itself: what the server answers is part of the test."""

from __future__ import annotations

import re

import pytest

from brushwork.studio.page_files import STATIC

pytestmark = pytest.mark.slow

PLACE = "http://localhost/"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
START = '<script type="module" src="/static/app.js"></script>'

MODULES = """
const load = (name) => import(`/static/${name}.js`);
const [state, actions, { api, urlOf }, lists, panel, { html }, { commandOf }, { render }] = await Promise.all(
  ["state", "actions", "api", "lists", "panel", "parts", "command", "vendor/preact"].map(load));
api.cards = async () => ({ cards: [] });
const painting = { id: "p", sha256: "p", name: "wave" }, style = { id: "model:m:s", model: "m", style: "s", name: "s" };
const box = document.getElementById("app");
box.replaceChildren();
const until = async (holds) => {
  for (let left = 3000; !holds(); left--) {
    if (!left) throw new Error(`never: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const jobOf = (id, values = {}) => ({
  id, title: id, kind: "transfer", state: "pending", version: 1, priority: 0, done: 0, total: 100, level: null,
  notes: [], loss: null, wanted: null, result: null, problem: null,
  request: { content: "a", paintings: ["p"], options: {} }, ...values,
});
const labels = () => [...box.querySelectorAll("button")].map((one) => one.ariaLabel || one.innerText.trim());
"""


def serve(route):
    """Answer with a file of the page, which is not started."""
    path = route.request.url.removeprefix(PLACE)
    if not path:
        text = (STATIC / "index.html").read_text(encoding="utf-8").replace(START, "")
        route.fulfill(body=text, content_type="text/html")
    elif path.startswith("static/"):
        file = STATIC / path.removeprefix("static/")
        route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
    else:
        route.fulfill(status=404, body="")


@pytest.fixture(scope="module")
def page(browser):
    opened = browser.new_page()
    opened.set_default_timeout(300_000)
    opened.route("**/*", serve)
    yield opened
    opened.close()


@pytest.fixture
def run(page):
    """Run the body of a function after the modules were loaded, and return what it returns."""
    page.goto(PLACE)
    page.evaluate("localStorage.clear()")
    return lambda body: page.evaluate(f"async () => {{ {MODULES} {body} }}")


def test_another_photograph_is_painted_without_the_part_and_the_others_of_the_one_before(run):
    found = run("""
      state.photo.value = { sha256: "a" };
      state.region.value = { sha256: "mask" };
      state.others.value = [{ sha256: "a2" }];
      api.file = async (sha256) => ({ sha256, kind: "png" });
      await actions.open(jobOf("1", { request: { content: "b", paintings: ["p"], options: {} } }));
      return [actions.requestOf(painting).regions, state.others.value];
    """)
    assert found == [[], []]


def test_a_photograph_that_is_read_late_replaces_nothing(run):
    found = run("""
      const asked = {}, file = (name) => new File(["x"], name, { type: "image/png" });
      const later = (name) => new Promise((read, fail) => { asked[name] = { read, fail }; });
      api.upload = ({ name }) => (name === "a2" ? { sha256: name } : later(name));
      const is = () => [state.photo.value?.name, state.others.value.length, state.isReading.value];
      const found = [];
      const first = actions.takePhoto(file("a"), [file("a2")]), second = actions.takePhoto(file("b"));
      asked.b.read({ sha256: "b" });
      await second;
      asked.a.read({ sha256: "a" });
      await first;
      found.push(is());
      const third = actions.takePhoto(file("c")), fourth = actions.takePhoto(file("d"));
      found.push(is());
      asked.c.fail(new Error("no"));
      await third;
      found.push(is());
      asked.d.fail(new Error("no"));
      await fourth;
      found.push(is());
      return found;
    """)
    assert found == [["b", 0, False], ["d", 0, True], ["d", 0, True], [None, 0, False]]


def test_a_file_that_cannot_be_read_leaves_what_was_shown(run):
    found = run("""
      state.photo.value = { sha256: "a" };
      state.region.value = { sha256: "mask" };
      state.current.value = "job";
      state.chosen.value = "p";
      api.upload = async () => { throw new Error("no picture"); };
      await actions.takePhoto(new File(["x"], "wrong.png", { type: "image/png" }));
      const { photo, region, current, chosen, toasts } = state;
      const texts = toasts.value.map(({ text }) => text);
      return [photo.value?.sha256, region.value?.sha256, current.value, chosen.value, texts];
    """)
    assert found == ["a", "mask", "job", "p", ["no picture"]]


def test_a_server_that_is_gone_is_said_in_words_of_the_studio(run):
    found = run("""
      window.fetch = async () => { throw new TypeError("Failed to fetch"); };
      await state.attempt(() => api.job("1"));
      return state.toasts.value.map(({ text }) => text);
    """)
    assert found == ["The studio does not answer: see that it is running, and try again."]


def test_a_size_that_larger_made_is_the_one_that_the_form_shows(run):
    found = run("""
      state.photo.value = { sha256: "a" };
      const found = [];
      for (const size of [576, 768]) {
        actions.useSettings(jobOf("1", { request: { content: "a", paintings: ["p"], options: { size } } }));
        render(null, box);
        render(html`<${panel.Panel} />`, box);
        await until(() => box.querySelector("select"));
        found.push(box.querySelector("select").selectedOptions[0].innerText, box.querySelector("select").length);
      }
      return found;
    """)
    assert found == ["576 px", 8, "768 px", 7]


def test_cards_of_a_photograph_are_not_shown_on_the_next(run):
    found = run("""
      state.photo.value = { sha256: "a" };
      api.cards = async () => {
        state.photo.value = { sha256: "b" };
        return { cards: [{ painting: "p", job: jobOf("card") }] };
      };
      await actions.askForCards([painting]);
      return state.cards.value.size;
    """)
    assert found == 0


def test_settings_of_a_painting_that_was_continued_do_not_continue_the_next(run):
    found = run("""
      state.photo.value = { sha256: "a" };
      const options = { size: 768, measure: "long", min_size: 0, iterations: 40, tv_weight: 1 };
      actions.useSettings(jobOf("1", { request: { content: "a", paintings: ["p"], options, start: "s" } }));
      return actions.requestOf(painting).options;
    """)
    assert found == {"size": 768, "tv_weight": 1}


def test_a_mixture_has_no_settings_to_use(run):
    found = run("""
      state.photo.value = { sha256: "a" };
      const found = [];
      for (const kind of ["transfer", "blend"]) {
        state.putJob(jobOf(kind, { kind, state: "completed", result: { sha256: "r", width: 9, height: 9 } }));
        state.current.value = kind;
        render(html`<${panel.Panel} />`, box);
        await until(() => box.innerText.includes(kind));
        found.push(labels().includes("Use its settings"));
      }
      return found;
    """)
    assert found == [True, False]


def test_options_are_those_of_their_kind_and_are_sent_for_models_too(run):
    found = run("""
      state.photo.value = { sha256: "a", name: "lake.jpg" };
      state.paintings.value = [painting, style];
      actions.useSettings(jobOf("1", { request: { paintings: ["p"], options: { size: 96, seed: 3 } } }));
      const options = { size: 96, statistics: "frozen", style: ["s"] };
      actions.useSettings(jobOf("2", { kind: "model", request: { model: "m", options } }));
      const found = [];
      for (const one of [painting, style]) {
        state.chosen.value = one.id;
        found.push(actions.requestOf(one).options, commandOf());
      }
      return found;
    """)
    assert found == [
        {"size": 96, "seed": 3},
        "brushwork paint lake.jpg painting.jpg --size 96 --seed 3",
        {"size": 96, "statistics": "frozen", "style": ["s"]},
        "brushwork paint lake.jpg --model m --style s --size 96 --statistics frozen",
    ]


def test_the_form_of_all_options_is_that_of_the_kind(run):
    found = run("""
      const { Advanced } = await load("advanced");
      const about = { type: "integer", description: "Seed.", default: 0, "x-group": "Noise" };
      api.schema = async () => ({ properties: { seed: about, style: about } });
      state.settings.value = { ...state.settings.value, advanced: { transfer: { seed: 3 } } };
      render(html`<${Advanced} kind="model" />`, box);
      await until(() => box.querySelector("#option-seed"));
      const input = box.querySelector("#option-seed"), before = input.value;
      input.value = "5";
      input.dispatchEvent(new Event("change"));
      return [before, state.settings.value.advanced, box.querySelector("#option-style")];
    """)
    assert found == ["0", {"transfer": {"seed": 3}, "model": {"seed": 5}}, None]


def test_a_tiff_is_shown_by_a_thumbnail(run):
    found = run("""
      api.upload = async () => ({ sha256: "a", kind: "tiff" });
      api.file = async (sha256) => ({ sha256, kind: "tiff" });
      const found = [];
      await actions.takePhoto(new File(["x"], "lake.tiff", { type: "image/tiff" }));
      found.push(state.photo.value.url);
      await actions.open(jobOf("1", { request: { content: "b", paintings: ["p"], options: {} } }));
      found.push(state.photo.value.url);
      localStorage.setItem("draft", JSON.stringify({ photo: { sha256: "c", kind: "tiff" } }));
      actions.restoreDraft();
      return [...found, state.photo.value.url, urlOf.shown({ sha256: "d", kind: "png" })];
    """)
    shown = [f"/api/v1/files/{name}/thumbnail?width=2048" for name in "abc"]
    assert found == [*shown, "/api/v1/files/d"]


def test_the_command_paints_the_same_film_and_the_same_part(run):
    found = run("""
      state.paintings.value = [painting];
      state.chosen.value = "p";
      state.photo.value = { sha256: "a", name: "lake.mp4", film: "f" };
      const found = [commandOf()];
      state.photo.value = { sha256: "a", name: "lake.jpg" };
      state.region.value = { sha256: "m" };
      found.push(commandOf());
      state.region.value = { sha256: "m", painting: { id: "p", sha256: "n" } };
      return [...found, commandOf()];
    """)
    assert found == [
        "brushwork video lake.mp4 painting.jpg --size 512 --measure long",
        "brushwork paint lake.jpg painting.jpg --size 512 --region part.png",
        "brushwork paint lake.jpg painting.jpg --size 512 --region part.png:part-of-painting.png",
    ]


def test_what_has_failed_is_in_the_queue_with_its_reason(run):
    found = run("""
      const problem = { title: "Memory ran out", detail: "Take a smaller size." };
      state.putJob(jobOf("lake", { state: "failed", problem }));
      state.putJob(jobOf("old", { state: "failed", trashed: 1 }));
      render(html`<${lists.Queue} />`, box);
      return [box.innerText, labels()];
    """)
    text, labels = found
    assert re.search(r"lake\s+Failed\s+Memory ran out\. Take a smaller size\.", text) and "old" not in text
    assert labels == ["Pause the queue", "lake", "Again", "Remove"]


def test_a_double_click_paints_once(run):
    found = run("""
      let count = 0;
      state.photo.value = { sha256: "a", name: "lake.jpg" };
      api.create = async (request) => jobOf(String(++count), { request });
      const found = [];
      await Promise.all([actions.paint(painting), actions.paint(painting)]);
      found.push(count);
      await actions.paint(painting); // it is painted still
      found.push(count);
      state.putJob(jobOf("1", { state: "completed", version: 2 }));
      await actions.paint(painting);
      found.push(count);
      state.settings.value = { ...state.settings.value, size: 96 };
      api.act = async (id) => jobOf(id, { state: "paused", version: 2 });
      await actions.paint(painting);
      return [...found, count];
    """)
    assert found == [1, 1, 2, 3]


def test_a_click_on_the_painting_that_is_painted_shows_it_again(run):
    found = run("""
      let count = 0;
      state.photo.value = { sha256: "a", name: "lake.jpg" };
      state.others.value = [{ sha256: "a2", name: "hill.jpg" }];
      api.create = async (request) => jobOf(String(++count), { request, state: "running" });
      api.batch = async () => { throw new Error("no space"); };
      await actions.paint(painting);
      const found = [state.current.value];
      state.current.value = "earlier";
      await actions.paint(painting);
      return [...found, state.current.value, count];
    """)
    assert found == ["1", "1", 1]


def test_what_could_not_be_requested_can_be_requested_again(run):
    found = run("""
      let count = 0;
      state.photo.value = { sha256: "a", name: "lake.jpg" };
      api.create = async () => { count += 1; throw new Error("no"); };
      await actions.paint(painting);
      await actions.paint(painting);
      return count;
    """)
    assert found == 2


def test_marks_follow_one_pointer_and_its_eraser(run):
    found = run("""
      const { PhotoMask } = await load("mask");
      const white = Object.assign(document.createElement("canvas"), { width: 96, height: 72 });
      state.photo.value = { sha256: "a", url: white.toDataURL() };
      render(html`<${PhotoMask} />`, box);
      const canvas = box.querySelector("canvas");
      canvas.setPointerCapture = () => {}; // of pointers that are not there
      await until(() => canvas.width === 96);
      const { left, top } = canvas.getBoundingClientRect();
      const send = async (type, pointerId, at, more = {}) => {
        const values = { pointerId, clientX: left + at, clientY: top + at, ...more };
        const coalescedEvents = [new PointerEvent("pointermove", values)];
        canvas.dispatchEvent(new PointerEvent(`pointer${type}`, { ...values, coalescedEvents }));
        await new Promise((resolve) => setTimeout(resolve, 20)); // it is rendered
      };
      await send("down", 1, 10);
      await send("move", 1, 20);
      await send("move", 2, 60);
      await send("up", 2, 60);
      await send("move", 1, 30);
      await send("up", 1, 30);
      await send("down", 3, 10, { button: 5, buttons: 32 });
      await send("up", 3, 10, { button: 5 });
      await send("down", 4, 10);
      await send("cancel", 4, 10);
      await send("move", 4, 40);
      await send("up", 4, 40);
      await send("down", 5, 10, { button: 2 });
      api.upload = async () => ({ sha256: "m" });
      [...box.querySelectorAll("button")].find((one) => one.innerText.includes("Use this part")).click();
      await until(() => state.region.value);
      return state.region.value.marks.map((one) => [one.kind, one.points.length]);
    """)
    assert found == [["brush", 3], ["eraser", 1]]


def test_the_time_left_without_iterations_is_that_of_the_parts(run):
    found = run("""
      const optimized = { level: { sizes: [[10, 10, 4], [20, 20, 4]], number: 0 }, done: 4, total: 8, spent: 3 };
      const inOnePass = { level: { sizes: [[64, 64, 0]], number: 0 }, done: 25, total: 100, spent: 10 };
      return [panel.leftOf(inOnePass), panel.leftOf(optimized)];
    """)
    assert found == [30, 12]


def test_what_is_put_first_is_first(run):
    found = run("""
      for (const [id, priority] of [["1", 0], ["2", 2], ["3", 0]]) state.putJob(jobOf(id, { priority }));
      state.putJob(jobOf("4", { state: "running" }));
      const order = () => state.waiting.value.map(({ id }) => id).join("");
      const found = [order()];
      api.change = async (id, { priority }) => state.putJob(jobOf(id, { priority, version: 2 }));
      await lists.paintFirst(state.jobs.value.get("3"));
      found.push(order(), state.jobs.value.get("3").priority);
      await lists.paintFirst(state.jobs.value.get("3"));
      return [...found, state.jobs.value.get("3").priority];
    """)
    assert found == ["4213", "4321", 3, 3]
