// The contact sheet: one photograph after one painting, small, with other settings each; two can be compared.
import { useEffect, useRef, useState } from "preact/hooks";
import { endSheet, paint, startSheet } from "./actions.js";
import { urlOf } from "./api.js";
import { Button, Dialog, html } from "./parts.js";
import { dialog, jobs, photo, pictureOf, settings, useSignal } from "./state.js";
import { words } from "./words.js";

const LIKENESS = [-2, 0, 3];
const STROKES = [-0.75, 0, 0.75];

// Return the settings of the cells, row by row: around those that are set now.
export function cellsOf({ likeness, strokes }) {
  const near = (value, low, high) => Math.min(high, Math.max(low, value));
  return LIKENESS.flatMap((more) => STROKES.map((broader) => ({
    likeness: near(likeness + more, -2, 3), strokes: near(strokes + broader, -1, 1),
  })));
}

export function Sheet() {
  const [cells] = useState(() => cellsOf(settings.value));
  const [ids, setIds] = useState([]);
  const [marked, setMarked] = useState([]);
  const grid = useRef(null);
  useEffect(() => {
    let made = [], isOpen = true;
    startSheet(cells).then((list) => {
      made = list || [];
      if (isOpen) setIds(made.map((job) => job.id));
      else endSheet(made);
    });
    grid.current.querySelector("button")?.focus();
    return () => { isOpen = false; endSheet(made); };
  }, []);
  const choose = (cell) => {
    settings.value = { ...settings.value, ...cell };
    dialog.value = null;
    paint();
  };
  const mark = (place) => setMarked((before) =>
    (before.includes(place) ? before.filter((one) => one !== place) : [...before.slice(-1), place]));
  const key = (event) => {
    const all = [...grid.current.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: STROKES.length, ArrowUp: -STROKES.length }[event.key];
    if (step) all[at + step]?.focus();
    else if (event.key === "x" && at >= 0) mark(at);
    else return;
    event.preventDefault();
  };
  return html`
    <${Dialog} title=${words.sheet.title} wide=${true}>
      <p class="hint">${words.sheet.help}</p>
      <div class="sheet-side high"><span>${words.settings.strokesLow}</span><span>${words.settings.strokes}</span><span>${words.settings.strokesHigh}</span></div>
      <div class="sheet" role="group" aria-label=${words.sheet.title} ref=${grid} onKeyDown=${key}>
        ${cells.map((cell, place) => html`
          <${Cell} key=${place} cell=${cell} id=${ids[place]} isMarked=${marked.includes(place)} onChoose=${() => choose(cell)} />`)}
      </div>
      ${marked.length === 2 && html`<${Pair} places=${marked} cells=${cells} ids=${ids} onChoose=${choose} />`}
    <//>`;
}

function Cell({ cell, id, isMarked, onChoose }) {
  const job = useSignal(jobs).get(id);
  const picture = pictureOf(job);
  return html`
    <button type="button" class=${job?.result ? "cell" : "cell is-waiting"} aria-label=${nameOf(cell)} data-marked=${isMarked ? "yes" : undefined}
      onClick=${onChoose}>
      <img src=${picture || urlOf.thumbnail(photo.value.sha256, 320)} alt="" class=${picture ? "" : "is-before"} draggable=${false} />
      ${isMarked && html`<span class="tag">${words.sheet.marked}</span>`}
    </button>`;
}

function Pair({ places, cells, ids, onChoose }) {
  const all = useSignal(jobs);
  return html`
    <div class="pair" role="group" aria-label=${words.sheet.compare}>
      ${places.map((place) => html`
        <figure key=${place}>
          <img src=${pictureOf(all.get(ids[place])) || urlOf.thumbnail(photo.value.sha256, 320)} alt=${nameOf(cells[place])} />
          <figcaption><${Button} kind="main" icon="brush" label=${words.sheet.paint} onClick=${() => onChoose(cells[place])} /></figcaption>
        </figure>`)}
    </div>`;
}

const signed = (value) => (value > 0 ? `+${value}` : String(value).replace("-", "−"));
const nameOf = ({ likeness, strokes }) =>
  `${words.settings.likeness} ${signed(likeness)}, ${words.settings.strokes.toLowerCase()} ${signed(strokes)}`;
