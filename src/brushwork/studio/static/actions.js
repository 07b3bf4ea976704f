// What can be done: take a photograph, paint it, stop, continue.
import { batch } from "signals";
import { api, urlOf } from "./api.js";
import {
  OWN_FIELDS, announcement, attempt, cards, chosen, current, currentJob, idOf, jobs, optionsOf, others, paintings, photo, place, putJob,
  putJobs, region, settings, stylesOf, tidy, titleOf, toast,
} from "./state.js";
import { frameOf, isFilm } from "./film.js";
import { words } from "./words.js";

const stem = (name) => (name || "").replace(/\.[^.]+$/, "");

const SHOWN = [photo, cards, others, region, current, chosen];

// Show another photograph; nothing of the one before is painted with it.
function show(next) {
  photo.value = next;
  cards.value = new Map();
  others.value = [];
  region.value = null;
}

export async function takePhoto(file, further = []) {
  let own = { url: isFilm(file) ? "" : URL.createObjectURL(file), name: file.name, sha256: null };
  const isShown = () => photo.value === own; // another one may be dropped while this is read
  const before = SHOWN.map((one) => one.value);
  batch(() => {
    show(own);
    current.value = chosen.value = null;
    place.value = "paint";
  });
  await attempt(async () => {
    try {
      const film = isFilm(file) ? await api.upload(file) : null;
      const known = await api.upload(film ? await frameOf(file, words.drop.noFilm) : file);
      if (!isShown()) return;
      photo.value = own = { ...known, name: file.name || known.name, url: urlOf.shown(known), film: film?.sha256 };
    } catch (error) {
      if (!isShown()) return;
      if (before[0]?.sha256) batch(() => SHOWN.forEach((one, place) => { one.value = before[place]; }));
      else photo.value = null;
      throw error;
    }
    await attempt(askForCards); // the further photographs are read without them, too
    for (const one of further) {
      const known = await api.upload(one);
      if (!isShown()) return;
      others.value = [...others.value, { ...known, name: one.name }];
    }
    if (further.length) toast(words.drop.several(further.length + 1));
  });
}

export async function askForCards(list = paintings.value.slice(0, 24)) {
  const { sha256, film } = photo.value || {};
  if (!sha256 || !list.length) return;
  const answer = await api.cards(sha256, list.map((one) => one.id), Boolean(film));
  if (photo.value?.sha256 !== sha256) return;
  batch(() => {
    putJobs(answer.cards.map((one) => one.job));
    if (answer.cards.every((one) => cards.value.get(one.painting) === one.job.id)) return; // a new map would have app.js ask again
    cards.value = new Map([...cards.value, ...answer.cards.map((one) => [one.painting, one.job.id])]);
  });
}

export async function addPainting(file) {
  await attempt(async () => {
    const known = await api.upload(file);
    const painting = await api.addPainting(known.sha256, stem(file.name));
    paintings.value = [painting, ...paintings.value.filter((one) => one.id !== painting.id)];
    if (photo.value?.sha256) {
      await paint(painting);
      await askForCards([painting]);
    }
  });
}

// Of several photographs the first is shown; all are painted when a painting is touched.
export function takeFiles(list) {
  const files = [...list].filter((file) => file.type.startsWith("image/") || isFilm(file) || /\.(png|jpe?g|webp|tiff?|gif|avif)$/i.test(file.name));
  if (!files.length) return toast(words.drop.none);
  return takePhoto(files[0], isFilm(files[0]) ? [] : files.slice(1).filter((file) => !isFilm(file)));
}

// Return what is asked for to paint a film; its frame goes with it, to be shown.
function filmOf(painting, size, colors) {
  const { model, sha256 } = painting;
  const options = { size, ...(colors ? { color: "keep-luminance" } : {}), ...stylesFor(painting) };
  const style = model ? { model } : { paintings: [sha256] };
  return { kind: "video", content: photo.value.film, start: photo.value.sha256, options, ...style };
}

// Return the option that names the styles of a model that has several: one, or a blend of two.
export function stylesFor({ model, style }) {
  if (!style) return {};
  const blend = settings.value.blend;
  if (blend?.model !== model || blend.style === style || !blend.share) return { style: [style] };
  const share = Number(blend.share.toFixed(2));
  return { style: [`${style}:${Number((1 - share).toFixed(2))}`, `${blend.style}:${share}`] };
}

// Return the name of a painting; of a style that is blended with another one, both.
function nameOf(painting) {
  const [, second] = stylesFor(painting).style || [];
  const other = second && paintings.value.find(({ model, style }) => model === painting.model && style === second.split(":")[0]);
  return other ? words.blend.both(tidy(painting.name), tidy(other.name)) : tidy(painting.name);
}

// Return the part of a painting that the chosen part of the photograph is painted after; null: all of it.
export const paintingPartOf = (painting) => {
  const part = region.value?.painting;
  return part && part.id === painting?.id ? part : null;
};

export function requestOf(painting, given = settings.value) {
  const { size, quality, likeness, strokes, colors } = given;
  if (photo.value?.film) return filmOf(painting, size, colors);
  const options = { ...optionsOf(painting, given), size };
  if (!painting.model && quality !== "normal") options.quality = quality;
  if (colors) options.color = "keep-luminance";
  if (painting.model) return { kind: "model", model: painting.model, options: { ...options, ...stylesFor(painting) } };
  if (likeness) options.content_weight = Number((2 ** likeness).toPrecision(3));
  if (strokes) options.style_scale = [Number((2 ** strokes).toPrecision(3))];
  const style = paintingPartOf(painting);
  const regions = region.value ? [[region.value.sha256, ...(style ? [style.sha256] : [])]] : [];
  return { kind: "transfer", paintings: [painting.sha256], options, regions };
}

const isOpen = (job) => ["pending", "running"].includes(job?.state) && job.wanted !== "cancel";

let asked = null; // what was asked for last, and its painting: a double click asks for one

export async function paint(painting = paintings.value.find((one) => one.id === chosen.value)) {
  if (!painting) return;
  chosen.value = painting.id;
  if (!photo.value?.sha256) return;
  const title = words.alt(tidy(stem(photo.value.name)), nameOf(painting));
  const request = { content: photo.value.sha256, title, ...requestOf(painting) };
  const text = JSON.stringify(request);
  if (asked?.text === text && (!asked.id || isOpen(jobs.value.get(asked.id)))) {
    if (asked.id) current.value = asked.id; // another picture may be shown
    return;
  }
  const own = asked = { text };
  await attempt(async () => {
    await pauseOther();
    const job = await api.create(request).catch((error) => { own.text = null; throw error; });
    putJob(job);
    own.id = job.id;
    batch(() => {
      current.value = job.id;
      announcement.value = `${words.job.running}: ${title}`;
    });
    if (others.value.length) await paintOthers(painting);
  });
}

// Ask for the pictures of a contact sheet, which are painted before anything else.
export const startSheet = (cells) => attempt(async () => {
  const painting = paintings.value.find((one) => one.id === chosen.value);
  await pauseOther();
  const list = cells.map((cell) => {
    const { size, quality, iterations, finer_iterations, iteration_decay, min_size, ...options } = requestOf(painting, { ...settings.value, ...cell }).options;
    return options;
  });
  const answer = await api.sheet(photo.value.sha256, painting.sha256, list);
  putJobs(answer.jobs);
  return answer.jobs;
});

// Stop what was not painted of a contact sheet.
export function endSheet(list) {
  for (const { id } of list) {
    if (["pending", "running"].includes(jobs.value.get(id)?.state)) api.act(id, "cancel").then(putJob, () => {});
  }
}

async function paintOthers(painting) {
  const list = others.value.map((one) => ({
    ...requestOf(painting), regions: [], content: one.sha256, title: words.alt(tidy(stem(one.name)), nameOf(painting)),
  }));
  putJobs((await api.batch(list)).jobs);
}

export async function removePainting(painting) {
  await attempt(async () => {
    await api.removePainting(painting.id);
    paintings.value = paintings.value.filter((one) => one !== painting);
    toast(words.job.removed, painting.model ? null : { label: words.job.restore, run: () => attempt(async () => {
      await api.addPainting(painting.sha256, painting.name);
      paintings.value = (await api.paintings()).paintings;
    }) });
  });
}

async function pauseOther() {
  const before = currentJob.value;
  if (!isOpen(before) || !["transfer", "video"].includes(before.kind)) return; // others take a moment
  putJob(await api.act(before.id, "pause").catch(() => before));
  toast(words.job.pausedOther(titleOf(before)), { label: words.job.resume, run: () => act(before, "resume") });
}

export const act = (job, action, data) => attempt(async () => {
  try {
    const answer = await api.act(job.id, action, data);
    putJob(answer);
    return answer;
  } catch (error) {
    if (error.status !== 409) throw error;
    const now = await api.job(job.id);
    putJob(now);
    if (now.state === job.state) throw error;
    return null; // it has ended, or begun, meanwhile, and that is what the page shows now
  }
});

export async function continueFrom(job, data) {
  const next = await act(job, "go-on", data);
  if (next) current.value = next.id;
}

export async function repeat(job) {
  const next = await act(job, "again");
  if (next) open(next);
}

export async function saveMixture(job, strength) {
  await attempt(async () => {
    const made = await api.create({
      kind: "blend", content: job.request.content, paintings: job.request.paintings, start: job.result.sha256,
      options: { strength }, title: `${titleOf(job)}, ${words.units.percent(strength)}`, parent: job.id, via: "strength",
    });
    putJob(made);
    current.value = made.id;
  });
}

export async function remove(job) {
  await attempt(async () => {
    putJob(await api.remove(job.id));
    if (current.value === job.id) current.value = null;
    toast(words.job.removed, { label: words.job.restore, run: () => act(job, "restore") });
  });
}

// Show a painting, with its photograph, in the place where one paints.
export async function open(job) {
  await attempt(async () => {
    const film = job.kind === "video" ? job.request.content : undefined;
    const known = await api.file(film ? job.request.start : job.request.content);
    batch(() => {
      if (photo.value?.sha256 !== known.sha256) show({ ...known, url: urlOf.shown(known), film });
      current.value = job.id;
      chosen.value = idOf(job.request);
      place.value = "paint";
    });
    await askForCards();
  });
}

// Use the settings of a painting; of one that was continued, those that continued it are left out.
export function useSettings(job) {
  const { options, model, start } = job.request;
  const apart = [...OWN_FIELDS, ...(start ? ["measure", "min_size", "iterations"] : [])];
  const further = Object.fromEntries(Object.entries(options).filter(([name]) => !apart.includes(name)));
  const [first, second] = stylesOf(options);
  settings.value = {
    size: options.size || 512,
    quality: options.quality || "normal",
    likeness: options.content_weight ? Math.log2(options.content_weight) : 0,
    strokes: options.style_scale ? Math.log2(options.style_scale[0]) : 0,
    colors: options.color === "keep-luminance",
    blend: second ? { model, style: second[0], share: second[1] / (first[1] + second[1]) } : null,
    advanced: { ...settings.value.advanced, ...(["transfer", "model"].includes(job.kind) && { [job.kind]: further }) },
  };
}

export function restoreDraft() {
  try {
    const draft = JSON.parse(localStorage.getItem("draft") || "{}");
    if (draft.settings) settings.value = { ...settings.value, ...draft.settings };
    if (draft.photo) photo.value = { ...draft.photo, url: urlOf.shown(draft.photo) };
    if (draft.current) {
      current.value = draft.current;
      api.job(draft.current).then((job) => {
        putJob(job);
        chosen.value = idOf(job.request);
      }, () => { current.value = null; });
    }
  } catch {
    localStorage.removeItem("draft");
  }
}
