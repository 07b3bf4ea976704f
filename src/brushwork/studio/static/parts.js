// Small components that the others share.
import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import htm from "htm";
import { announcement, attempt, dialog, toasts, useSignal } from "./state.js";
import { words } from "./words.js";

export const html = htm.bind(h);

export const Icon = ({ name }) => html`
  <svg class="icon" aria-hidden="true" focusable="false"><use href=${`/static/icons.svg#${name}`} /></svg>`;

export const Button = ({ icon, label, onClick, kind = "", ...rest }) => html`
  <button type="button" class=${`button ${kind}`} onClick=${onClick} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}<span>${label}</span>
  </button>`;

export const IconButton = ({ icon, label, onClick, ...rest }) => html`
  <button type="button" class="icon-button" aria-label=${label} title=${label} onClick=${onClick} ...${rest}>
    <${Icon} name=${icon} />
  </button>`;

// `shown`: the value as it is read, where a number says more than a place between two ends.
export function Slider({ label, low, high, value, shown, onInput, onChange, min, max, step }) {
  return html`
    <label class="field">
      <span class="field-label">${label}${shown && html`<span class="value">${shown}</span>`}</span>
      <input type="range" min=${min} max=${max} step=${step} value=${value} aria-valuetext=${shown}
        onInput=${(event) => onInput?.(Number(event.target.value))}
        onChange=${(event) => onChange?.(Number(event.target.value))} />
      <span class="ends"><span>${low}</span><span>${high}</span></span>
    </label>`;
}

// Choose files, by a button that is a label of a hidden input.
export function FileButton({ label, icon, onFiles, kind = "", capture, multiple }) {
  const input = useRef(null);
  return html`
    <span class="file-button">
      <button type="button" class=${`button ${kind}`} onClick=${() => input.current.click()}>
        ${icon && html`<${Icon} name=${icon} />`}<span>${label}</span>
      </button>
      <input ref=${input} type="file" accept="image/png,image/jpeg,image/webp,image/tiff,image/gif,image/avif,video/mp4,video/webm,video/quicktime" hidden
        capture=${capture} multiple=${multiple} tabindex="-1" aria-label=${label}
        onChange=${(event) => { if (event.target.files.length) onFiles(event.target.files); event.target.value = ""; }} />
    </span>`;
}

export function Dialog({ title, children, wide }) {
  const element = useRef(null);
  useEffect(() => {
    element.current.showModal();
  }, []);
  return html`
    <dialog ref=${element} class=${wide ? "wide" : ""} aria-label=${title} onClose=${() => { dialog.value = null; }}>
      <header class="dialog-head">
        <h2>${title}</h2>
        <${IconButton} icon="x" label=${words.mask.close} onClick=${() => element.current.close()} />
      </header>
      ${children}
    </dialog>`;
}

export function Toasts() {
  return html`
    <div class="toasts">
      ${useSignal(toasts).map((one) => html`
        <div class="toast" key=${one.id}>
          <span>${one.text}</span>
          ${one.action && html`<button type="button" class="link" onClick=${() => {
            one.action.run();
            toasts.value = toasts.value.filter((other) => other !== one);
          }}>${one.action.label}</button>`}
        </div>`)}
    </div>
    <div class="unseen" role="status" aria-live="polite">${useSignal(announcement)}</div>`;
}

// A component of a module that is loaded when it is first shown.
export function Loaded({ load, ...rest }) {
  const [Part, setPart] = useState(null);
  useEffect(() => { attempt(async () => { const found = await load(); setPart(() => found); }); }, []);
  return Part && html`<${Part} ...${rest} />`;
}

// An image that is replaced only once the next one has been decoded, and then fades in over the one before.
export function LivePicture({ src, alt, onSize, ...rest }) {
  const [layers, setLayers] = useState([]);
  useEffect(() => {
    if (!src) return setLayers([]);
    let isWanted = true;
    const next = new Image();
    next.src = src;
    next.decode().then(() => {
      if (!isWanted) return;
      onSize?.(next.naturalWidth, next.naturalHeight);
      setLayers((before) => [...before.slice(-1), src]);
    }, () => {});
    return () => { isWanted = false; };
  }, [src]);
  return layers.map((one, place) => html`
    <img key=${one} src=${one} alt=${place === layers.length - 1 ? alt : ""} draggable=${false}
      class=${place && layers.length > 1 ? "layer fade-in" : "layer"} ...${rest} />`);
}
