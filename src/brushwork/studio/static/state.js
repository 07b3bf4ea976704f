// The state of the page. What the server knows is asked for on load and kept up to date by its events.
import { signal, computed, effect, batch } from "signals";
import { useState, useEffect } from "preact/hooks";
import { api, urlOf } from "./api.js";
import { words } from "./words.js";

export const place = signal("paint");
export const photo = signal(null); // {sha256, name, width, height, url}
export const others = signal([]); // further photographs, painted after each painting that is touched
export const isReading = computed(() => photo.value?.sha256 === null);
export const paintings = signal([]);
export const jobs = signal(new Map());
export const cards = signal(new Map()); // painting → job id
export const current = signal(null); // job id
export const chosen = signal(null); // painting id
export const region = signal(null); // {sha256, url}
// advanced: kind of painting → further options
export const settings = signal({ size: 512, quality: "normal", likeness: 0, strokes: 0, colors: false, advanced: {}, blend: null });
export const isConnected = signal(true);
export const isReady = signal(true); // a worker is there
export const isQueuePaused = signal(false);
export const toasts = signal([]);
export const announcement = signal("");
export const dialog = signal(null);
export const cursor = signal(null);
export const hasSingleKeys = signal(localStorage.getItem("keys") !== "off");

export const currentJob = computed(() => jobs.value.get(current.value) || null);
const order = (job) => (job.state === "running" ? Infinity : job.priority);
export const waiting = computed(() => // in the order in which they are painted
  listed().filter((job) => ["pending", "running", "paused"].includes(job.state)).reverse()
    .sort((one, other) => order(other) - order(one)));
export const failed = computed(() => listed().filter((job) => job.state === "failed"));
export const finished = computed(() => listed().filter((job) => job.result));

function listed() {
  return [...jobs.value.values()]
    .filter((job) => !["card", "draft", "sample"].includes(job.kind) && !job.trashed)
    .sort((one, other) => (one.id < other.id ? 1 : -1));
}

// Return the value of a signal, and render again when it changes.
export function useSignal(source) {
  const [, tick] = useState(0);
  const rendered = source.value;
  useEffect(() => {
    let shown = rendered; // it may have changed since: effects come after the browser has painted
    return effect(() => {
      if (source.value === shown) return;
      shown = source.value;
      tick((count) => count + 1);
    });
  }, [source]);
  return rendered;
}

export function putJob(job, known = null) {
  const before = jobs.value.get(job.id);
  // A late event never replaces a newer state, unless it is all that was known when the server was asked.
  if (before && before.version > job.version && before !== known?.get(job.id)) return;
  const next = new Map(jobs.value);
  next.set(job.id, job);
  jobs.value = next;
}

export function putJobs(list) {
  batch(() => list.forEach((job) => putJob(job)));
}

export function toast(text, action) {
  const entry = { id: Math.random(), text, action };
  toasts.value = [...toasts.value.slice(-2), entry];
  setTimeout(() => { toasts.value = toasts.value.filter((one) => one !== entry); }, action ? 9000 : 6000);
}

// Run something that asks the server, and show what goes wrong.
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.message);
    announcement.value = error.message;
    return null;
  }
}

export async function refresh() {
  const before = jobs.value;
  const [list, known, queue, about] = await Promise.all([api.jobs({ limit: 60 }), api.paintings(), api.queue(), api.about()]);
  const older = waiting.value.filter(({ id }) => list.jobs.every((one) => one.id !== id));
  const asked = await Promise.all(older.map(({ id }) => api.job(id).catch(() => null)));
  batch(() => {
    for (const job of [...list.jobs, ...asked]) if (job) putJob(job, before);
    cursor.value = list.cursor;
    paintings.value = known.paintings;
    isQueuePaused.value = queue.paused;
    isReady.value = about.workers.some((one) => one.ready);
  });
}

export function receive(kind, data) {
  if (kind === "job") putJob(data);
  else if (kind === "painting") attempt(async () => { paintings.value = (await api.paintings()).paintings; });
  else if (kind === "setting" && data.name === "queue paused") isQueuePaused.value = data.value;
  else if (kind === "worker") attempt(async () => { isReady.value = (await api.about()).workers.some((one) => one.ready); });
  else if (kind === "hello" || kind === "reset") attempt(refresh);
}

export const pictureOf = (job) => {
  if (!job) return null;
  if (job.result && job.kind !== "video") return urlOf.file(job.result.sha256);
  return job.preview ? urlOf.preview(job) : null;
};

export const paintingOf = (job) => {
  const id = idOf(job.request);
  return paintings.value.find((one) => one.id === id) || null;
};

// Return the id of the painting that a request is painted after; of a blend of styles, that of the first.
export const idOf = ({ model, options, paintings: files }) =>
  (model ? ["model", model, ...stylesOf(options).slice(0, 1).map(([name]) => name)].join(":") : files[0]);

// Options that have a field of their own in the form; the others stand under "all options".
export const OWN_FIELDS = ["size", "quality", "content_weight", "style_scale", "color", "style"];

// Return the kind of painting that a painting asks for, and the options of that kind which have no place of their own.
export const kindOf = (painting) => (painting?.model ? "model" : "transfer");
export const optionsOf = (painting, given = settings.value) => given.advanced?.[kindOf(painting)] || {};

// Return the styles of a model that has several, with their weights.
export const stylesOf = (options) => (options.style || []).map((one) => {
  const [name, weight = "1"] = one.split(":");
  return [name, Number(weight)];
});

// Return the name of a file as words.
export const tidy = (name) => {
  const text = (name || "").replace(/[-_]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const titleOf = (job) => job.title || words.alt("", paintingOf(job)?.name);

// Keep what is being painted for a reload of the page.
export const keepDraft = () => effect(() => {
  const { url, ...kept } = photo.value || {};
  localStorage.setItem("draft", JSON.stringify({ photo: photo.value?.sha256 ? kept : null, settings: settings.value,
    current: current.value }));
});
