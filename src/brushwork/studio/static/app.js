// The page: its places, keys, and what is dropped or pasted on it.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { addPainting, askForCards, paint, restoreDraft, takeFiles } from "./actions.js";
import { api } from "./api.js";
import { followEvents } from "./live.js";
import { Pictures, Queue } from "./lists.js";
import { Paint } from "./paint.js";
import { Dialog, Icon, IconButton, Loaded, Toasts, html } from "./parts.js";
import { resetView, split, zoomBy } from "./stage.js";
import {
  attempt, announcement, cards, currentJob, dialog, hasSingleKeys, isConnected, isReady, keepDraft, paintings, photo, place, receive,
  titleOf, useSignal, waiting,
} from "./state.js";
import { effect } from "signals";
import { words } from "./words.js";

const PLACES = [["paint", "brush", Paint], ["queue", "list-todo", Queue], ["pictures", "images", Pictures]];

// Dialogs that are loaded when they are opened.
const DIALOGS = {
  mask: async () => (await import("./mask.js")).PhotoMask,
  "painting mask": async () => (await import("./mask.js")).PaintingMask,
  sheet: async () => (await import("./sheet.js")).Sheet,
};

function App() {
  const where = useSignal(place);
  const shown = useSignal(dialog);
  const [isOver, setOver] = useState(false);
  useEffect(() => listenForFiles(setOver), []);
  useEffect(() => listenForKeys(), []);
  const Place = PLACES.find(([name]) => name === where)[2];
  return html`
    <header class="top">
      <h1 class="mark"><img src="/static/favicon.svg" alt="" width="24" height="24" />${words.name}</h1>
      <${Status} />
      <div class="top-buttons">
        <${IconButton} icon="keyboard" label=${words.keys.title} onClick=${() => { dialog.value = "keys"; }} />
        <${IconButton} icon="sun-moon" label=${words.theme} onClick=${changeTheme} />
      </div>
    </header>
    <nav class="places" aria-label=${words.name}>
      ${PLACES.map(([name, icon]) => html`
        <button type="button" key=${name} class="place" aria-current=${name === where ? "page" : undefined}
          onClick=${() => { place.value = name; }}>
          <${Icon} name=${icon} /><span>${words.places[name]}</span>${name === "queue" && html`<${Count} />`}
        </button>`)}
    </nav>
    <main id="main" tabindex="-1"><${Place} /></main>
    ${isOver && html`<div class="drop-over"><p>${words.drop.here}</p></div>`}
    ${shown === "keys" && html`<${Keys} />`}
    ${DIALOGS[shown] && html`<${Loaded} key=${shown} load=${DIALOGS[shown]} />`}
    <${Toasts} />`;
}

function Count() {
  const count = useSignal(waiting).length;
  return count ? html`<span class="count">${count}</span>` : null;
}

function Status() {
  if (!useSignal(isConnected)) return html`<p class="status is-lost" role="status"><${Icon} name="triangle-alert" />${words.connection.lost}</p>`;
  if (!useSignal(isReady)) return html`<p class="status" role="status">${words.connection.worker}</p>`;
  return html`<p class="status"></p>`;
}

const Keys = () => html`
  <${Dialog} title=${words.keys.title}>
    <dl class="keys">${words.keys.list.map(([key, text]) => html`<div><dt>${key}</dt><dd>${text}</dd></div>`)}</dl>
    <label class="field check">
      <input type="checkbox" checked=${useSignal(hasSingleKeys)} onChange=${(event) => {
        hasSingleKeys.value = event.target.checked;
        localStorage.setItem("keys", event.target.checked ? "on" : "off");
      }} /><span>${words.keys.off}</span>
    </label>
  <//>`;

function changeTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
}

function listenForFiles(setOver) {
  const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const over = (event) => { if (hasFiles(event)) { event.preventDefault(); setOver(true); } };
  const leave = (event) => { if (!event.relatedTarget) setOver(false); };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    const files = event.dataTransfer.files;
    if (!files.length) return;
    if (event.target.closest?.(".cards")) addPainting(files[0]);
    else takeFiles(files);
  };
  const paste = (event) => { if (event.clipboardData?.files.length) takeFiles(event.clipboardData.files); };
  const all = { dragover: over, dragleave: leave, drop, paste };
  for (const [name, listener] of Object.entries(all)) window.addEventListener(name, listener);
  return () => { for (const [name, listener] of Object.entries(all)) window.removeEventListener(name, listener); };
}

function listenForKeys() {
  let began = null, held = null;
  const places = { p: "paint", q: "queue", h: "pictures" };
  const down = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=range], [type=checkbox]), select, textarea")) return;
    if (dialog.value || !hasSingleKeys.value) return;
    const { key } = event;
    if (began === "g" && places[key]) place.value = places[key];
    else if (key === "1") split.value = 100;
    else if (key === "2") split.value = 50;
    else if (key === "3") split.value = 0;
    else if (key === "\\" && held === null) { held = split.value; split.value = 100; }
    else if (key === "+") zoomBy(1.5);
    else if (key === "-") zoomBy(1 / 1.5);
    else if (key === "0") resetView();
    else if (key === "p") paint();
    else if (key === "?") dialog.value = "keys";
    else if (key === "/") { place.value = "pictures"; requestAnimationFrame(() => document.querySelector(".search")?.focus()); event.preventDefault(); }
    began = key;
  };
  const up = (event) => { if (event.key === "\\" && held !== null) { split.value = held; held = null; } };
  window.addEventListener("keydown", down);
  window.addEventListener("keyup", up);
  return () => { window.removeEventListener("keydown", down); window.removeEventListener("keyup", up); };
}

function followProgress() {
  let told = 0, state = null, id = null;
  effect(() => {
    const job = currentJob.value;
    const isOpen = job && ["running", "pending"].includes(job.state);
    const part = job?.total ? job.done / job.total : 0;
    document.title = isOpen && part ? `${Math.round(100 * part)} % · ${words.name}` : `${words.name} studio`;
    if (!job) return;
    if (job.id !== id) { told = 0; id = job.id; state = job.state; }
    const quarter = Math.floor(4 * part);
    if (quarter > told && quarter < 4) announcement.value = `${25 * quarter} %`;
    if (job.state !== state && ["completed", "failed"].includes(job.state)) announcement.value = `${words.job[job.state]}: ${titleOf(job)}`;
    told = quarter;
    state = job.state;
  });
  // Cards are asked for once both the photograph and the list of paintings are there.
  effect(() => {
    const wanted = photo.value?.sha256 && paintings.value.some((one) => !cards.value.has(one.id));
    if (wanted) queueMicrotask(() => attempt(askForCards));
  });
}

async function start() {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token) {
    history.replaceState(null, "", "/");
    await attempt(() => api.session(token));
  }
  restoreDraft();
  keepDraft();
  delete document.documentElement.dataset.draft;
  render(html`<${App} />`, document.getElementById("app"));
  followProgress();
  followEvents({ onEvent: receive, onConnection: (is) => { isConnected.value = is; } });
}

start();
