// What is painted now, and what can be done with it; the settings of the next painting.
import { useEffect, useState } from "preact/hooks";
import { act, continueFrom, paint, paintingPartOf, remove, repeat, saveMixture, useSettings } from "./actions.js";
import { api, urlOf } from "./api.js";
import { commandOf } from "./command.js";
import { Button, IconButton, Loaded, Slider, html } from "./parts.js";
import { mixture } from "./stage.js";
import {
  attempt, chosen, currentJob, dialog, kindOf, paintings, photo, region, settings, tidy, titleOf, toast, useSignal,
} from "./state.js";
import { words } from "./words.js";

const QUALITIES = ["draft", "normal", "best"];
const SIZES = [256, 384, 512, 768, 1024, 1536, 2048];
// *Larger* makes pictures of further sizes, whose settings can be used.
const sizesWith = (size) => (SIZES.includes(size) ? SIZES : [...SIZES, size].sort((one, other) => one - other));

export function Panel() {
  const job = useSignal(currentJob);
  const hasPhoto = Boolean(useSignal(photo)?.sha256);
  const isChosen = Boolean(useSignal(chosen));
  return html`
    <aside class="panel" aria-label=${words.settings.title}>
      ${job ? html`<${JobPart} job=${job} key=${job.id} />` : hasPhoto && html`<p class="hint">${words.cards.hint}</p>`}
      ${hasPhoto && html`<${Settings} canPaint=${isChosen} />`}
    </aside>`;
}

function JobPart({ job }) {
  const isOpen = ["pending", "running", "paused"].includes(job.state);
  return html`
    <section class="job-part" aria-label=${titleOf(job)}>
      <h2 class="job-title">${titleOf(job)}</h2>
      <${Progress} job=${job} />
      <${Problem} job=${job} role="alert" />
      ${isOpen && html`<${OpenButtons} job=${job} />`}
      ${job.result && html`<${ResultButtons} job=${job} />`}
      ${!job.result && !isOpen && html`<div class="buttons">
        <${Button} icon="repeat" label=${words.job.again} onClick=${() => repeat(job)} /></div>`}
      ${job.notes?.length > 0 && html`<ul class="notes">${job.notes.map((note) => html`<li key=${note}>${note}</li>`)}</ul>`}
      <${Curve} job=${job} />
    </section>`;
}

export const Problem = ({ job: { problem }, role }) => problem && html`
  <p class="problem" role=${role}><strong>${problem.title}.</strong> ${problem.detail}</p>`;

function OpenButtons({ job }) {
  const isEnding = job.wanted === "cancel"; // after the iteration that is running
  const label = isEnding ? words.job.ending : job.done ? words.job.enough : words.job.cancel;
  return html`
    <div class="buttons">
      ${job.state === "paused"
        ? html`<${Button} icon="play" label=${words.job.resume} kind="main" onClick=${() => act(job, "resume")} />`
        : html`<${Button} icon="check" kind="main" label=${label} aria-disabled=${isEnding} onClick=${() => act(job, "cancel")} />
          <${IconButton} icon="pause" label=${words.job.pause} aria-disabled=${Boolean(job.wanted)} onClick=${() => act(job, "pause")} />`}
    </div>`;
}

function ResultButtons({ job }) {
  const strength = useSignal(mixture);
  const canGoOn = job.kind === "transfer" || (job.kind === "instant" && job.request.paintings.length);
  const larger = Math.round((1.5 * Math.max(job.result.width, job.result.height)) / 32) * 32;
  return html`
    ${!["blend", "video"].includes(job.kind) && html`
      <${Slider} label=${words.strength.title} low=${words.strength.low} high=${words.strength.high} min="0" max="1" step="0.01"
        value=${strength} shown=${words.units.percent(strength)} onInput=${(value) => { mixture.value = value; }} />`}
    <div class="buttons result-buttons">
      ${strength < 1
        ? html`<${Button} icon="check" kind="main" label=${words.strength.save}
            onClick=${() => { saveMixture(job, strength); mixture.value = 1; }} />`
        : html`<a class="button main" href=${urlOf.download(job.result.sha256)} download>
            <svg class="icon" aria-hidden="true"><use href="/static/icons.svg#download" /></svg><span>${job.kind === "video" ? words.job.saveFilm : words.job.save}</span></a>`}
      ${canGoOn && html`
        <${Button} icon="play" label=${words.job.goOn} onClick=${() => continueFrom(job, { iterations: 80 })} />
        <${Button} icon="expand" label=${`${words.job.larger} · ${larger}`} onClick=${() => continueFrom(job, { size: larger, iterations: 40 })} />`}
      <div class="row-of-icons">
      <${IconButton} icon="repeat" label=${words.job.again} onClick=${() => repeat(job)} />
      ${job.kind !== "blend" && html`
        <${IconButton} icon="sliders-horizontal" label=${words.job.useSettings} onClick=${() => useSettings(job)} />`}
      <${IconButton} icon="trash-2" label=${words.job.remove} onClick=${() => remove(job)} />
      </div>
    </div>`;
}

export function Progress({ job }) {
  const done = job.total ? job.done / job.total : 0;
  if (!["running", "pending", "paused"].includes(job.state)) {
    const { result } = job;
    return html`<p class="facts">${words.job[job.state]}${result ? ` · ${result.width} × ${result.height}` : ""}${
      job.spent >= 1 ? ` · ${Math.round(job.spent)} s` : ""}</p>`;
  }
  return html`
    <div class="progress">
      <progress max="1" value=${job.state === "pending" && !job.done ? undefined : done} aria-label=${words.job[job.state]}></progress>
      <p class="facts" aria-hidden="true">${factsOf(job, done)}</p>
    </div>`;
}

function factsOf(job, done) {
  if (job.wanted) return words.job.wanted[job.wanted];
  if (job.state !== "running") return job.preview ? `${words.job.draft} · ${words.job[job.state]}` : words.job[job.state];
  if (!job.done) return job.preview ? `${words.job.draft} · ${words.job.starting}` : words.job.starting;
  const sizes = job.level?.sizes || [];
  const [width, height] = sizes[job.level?.number] || [];
  const seconds = leftOf(job);
  const left = seconds > 90 ? words.units.minutes(Math.round(seconds / 60)) : words.units.seconds(Math.max(1, Math.round(seconds)));
  return `${Math.round(100 * done)} % · ${width} × ${height} · ${left}`;
}

// Seconds left, by the cost of an iteration, which grows with the number of pixels; without iterations, by the parts done.
export function leftOf(job) {
  const { sizes } = job.level;
  let spent = 0, left = 0, before = 0;
  sizes.forEach(([width, height, iterations], place) => {
    const done = Math.min(iterations, Math.max(0, job.done - before));
    spent += done * width * height;
    left += (iterations - done) * width * height;
    before += iterations;
  });
  return job.spent * (spent ? left / spent : (job.total - job.done) / job.done);
}

function Curve({ job }) {
  const [points, setPoints] = useState([]);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (isOpen) attempt(async () => setPoints((await api.curve(job.id)).points));
  }, [isOpen, job.done]);
  if (job.kind !== "transfer") return null;
  return html`
    <details class="more" onToggle=${(event) => setOpen(event.target.open)}>
      <summary>${words.settings.curve}${job.loss !== null ? ` ${job.loss.toPrecision(3)}` : ""}</summary>
      ${points.length > 1 && html`<svg class="curve" viewBox="0 0 100 40" preserveAspectRatio="none" role="img"
        aria-label=${words.settings.curve}><path d=${pathOf(points)} /></svg>`}
    </details>`;
}

function pathOf(points) {
  const logs = points.map(([, loss]) => Math.log(Math.max(loss, 1e-12)));
  const low = Math.min(...logs), range = Math.max(...logs) - low || 1, last = points.at(-1)[0] || 1;
  return points.map(([done], place) =>
    `${place ? "L" : "M"}${((100 * done) / last).toFixed(1)} ${(38 - (36 * (logs[place] - low)) / range).toFixed(1)}`).join("");
}

// Another style of the same model, and how much of it.
function Blend({ painting, now, onChange }) {
  const { model, style } = painting;
  const others = useSignal(paintings).filter((one) => one.model === model && one.style && one.style !== style);
  const other = others.find((one) => now?.model === model && one.style === now.style);
  return html`
    <label class="field row">
      <span class="field-label">${words.blend.title}</span>
      <select value=${other?.style || ""} onChange=${({ target }) =>
        onChange(target.value ? { model, style: target.value, share: now?.share || 0.5 } : null)}>
        <option value="" selected=${!other}>${words.blend.none}</option>
        ${others.map((one) => html`<option value=${one.style} selected=${one === other}>${tidy(one.name)}</option>`)}
      </select>
    </label>
    ${other && html`<${Slider} label=${words.blend.share} low=${tidy(painting.name)} high=${tidy(other.name)} min="0" max="1" step="0.05"
      value=${now.share} shown=${words.units.percent(now.share)} onInput=${(share) => onChange({ model, style: other.style, share })} />`}`;
}

const loadAdvanced = async () => (await import("./advanced.js")).Advanced;

// The options that have no place of their own.
function Options({ kind }) {
  const [isOpen, setOpen] = useState(false);
  const count = Object.keys(useSignal(settings).advanced[kind] || {}).length;
  return html`
    <details class="more" onToggle=${(event) => setOpen(event.target.open)}>
      <summary>${words.advanced.title}${count ? ` · ${count}` : ""}</summary>
      ${isOpen && html`<${Loaded} load=${loadAdvanced} kind=${kind} />`}
    </details>`;
}

function Settings({ canPaint }) {
  const now = useSignal(settings);
  const change = (values) => { settings.value = { ...settings.value, ...values }; };
  const part = useSignal(region);
  const painting = useSignal(paintings).find((one) => one.id === chosen.value);
  const film = useSignal(photo)?.film;
  const isPlain = Boolean(painting?.model || film); // without an optimization
  const paintingPart = paintingPartOf(painting);
  return html`
    <section class="settings" aria-label=${words.settings.title}>
      <label class="field row">
        <span class="field-label">${words.settings.size}</span>
        <select value=${now.size} onChange=${(event) => change({ size: Number(event.target.value) })}>
          ${sizesWith(now.size).map((size) => html`<option value=${size} selected=${size === now.size}>${size} px</option>`)}
        </select>
      </label>
      ${!isPlain && html`
        <div class="field row">
          <span class="field-label" id="quality">${words.settings.quality}</span>
          <div class="segments" role="group" aria-labelledby="quality">
            ${QUALITIES.map((one) => html`<button type="button" aria-pressed=${now.quality === one}
              onClick=${() => change({ quality: one })}>${words.settings.qualities[one]}</button>`)}
          </div>
        </div>
        <${Slider} label=${words.settings.likeness} low=${words.settings.likenessLow} high=${words.settings.likenessHigh}
          min="-2" max="3" step="0.25" value=${now.likeness} onInput=${(likeness) => change({ likeness })} />
        <${Slider} label=${words.settings.strokes} low=${words.settings.strokesLow} high=${words.settings.strokesHigh}
          min="-1" max="1" step="0.25" value=${now.strokes} onInput=${(strokes) => change({ strokes })} />`}
      ${painting?.style && html`<${Blend} painting=${painting} now=${now.blend} onChange=${(blend) => change({ blend })} />`}
      <label class="field check">
        <input type="checkbox" checked=${now.colors} onChange=${(event) => change({ colors: event.target.checked })} />
        <span>${words.settings.colors}</span>
      </label>
      ${!isPlain && html`
        <div class="field row">
          <${Button} icon="lasso" label=${part ? words.settings.regionOn : words.settings.region}
            onClick=${() => { dialog.value = "mask"; }} aria-pressed=${Boolean(part)} />
          ${part && html`<${IconButton} icon="x" label=${words.mask.whole} onClick=${() => { region.value = null; }} />`}
        </div>
        ${part && painting && html`<div class="field row">
          <${Button} icon="lasso" label=${paintingPart ? words.settings.paintingRegionOn : words.settings.paintingRegion}
            onClick=${() => { dialog.value = "painting mask"; }} aria-pressed=${Boolean(paintingPart)} />
        </div>`}`}
      ${!film && html`<${Options} kind=${kindOf(painting)} />`}
      ${canPaint && html`<div class="buttons">
        <${Button} icon="brush" label=${words.settings.paintAgain} onClick=${() => paint()} />
        ${!isPlain && html`<${Button} icon="images" label=${words.sheet.open} onClick=${() => { dialog.value = "sheet"; }} />`}
      </div>`}
      <details class="more">
        <summary>${words.settings.command}</summary>
        <div class="command"><code>${commandOf()}</code>
          <${IconButton} icon="copy" label=${words.settings.copy} onClick=${() =>
            navigator.clipboard?.writeText(commandOf()).then(() => toast(words.settings.copied))} /></div>
      </details>
    </section>`;
}
