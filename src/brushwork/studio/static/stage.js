// The large picture: photograph and painting in one frame, divided by a handle; zoom and pan.
import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "signals";
import { html, LivePicture } from "./parts.js";
import { useSignal } from "./state.js";
import { words } from "./words.js";

export const split = signal(0); // percent of the width that shows the photograph
export const mixture = signal(1); // how much of the painting lies over the photograph
const view = signal({ scale: 1, x: 0, y: 0 });
const MOST = 16;

let zoomOther = null; // what is zoomed in place of the stage: by a factor, or without one to the whole picture

export const zoomWith = (zoom) => { zoomOther = zoom; };

export const resetView = () => {
  zoomOther?.();
  view.value = { scale: 1, x: 0, y: 0 };
};

export function zoomBy(factor, at = { x: 0, y: 0 }) {
  if (zoomOther) {
    zoomOther(factor);
    return;
  }
  const { scale, x, y } = view.value;
  const next = Math.min(MOST, Math.max(1, scale * factor));
  const ratio = next / scale;
  view.value = next === 1 ? { scale: 1, x: 0, y: 0 } : { scale: next, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio };
}

export function Stage({ before, after, size, alt }) {
  const box = useRef(null);
  const frame = useRef(null);
  const at = useSignal(split);
  const strength = useSignal(mixture);
  const { scale, x, y } = useSignal(view);
  const [fit, setFit] = useState({ width: 0, height: 0 });
  const [natural, setNatural] = useState(null);
  const shown = size || natural;

  useEffect(() => {
    const measure = () => {
      if (!box.current) return;
      const { clientWidth, clientHeight } = box.current;
      const ratio = shown ? shown[0] / shown[1] : 4 / 3;
      const width = Math.min(clientWidth, clientHeight * ratio);
      setFit({ width, height: width / ratio });
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [shown?.[0], shown?.[1]]);

  usePointers(frame, Boolean(before && after));
  useWheel(box);

  const clip = before && after ? `inset(0 0 0 ${at}%)` : "none";
  return html`
    ${before && after && html`<${CompareBar} />`}
    <div class="stage" ref=${box}>
      <div class="frame" ref=${frame} style=${{ width: `${fit.width}px`, height: `${fit.height}px` }}>
        <div class="zoomed" style=${{ transform: `translate(${x}px, ${y}px) scale(${scale})` }}>
          <div class="before">
            <${LivePicture} src=${before} alt=${words.compare.before} onSize=${(...sides) => setNatural(sides)} />
          </div>
          <div class="after" style=${{ clipPath: clip, opacity: before ? strength : 1 }}>
            <${LivePicture} src=${after} alt=${alt} />
          </div>
          ${before && after && html`<${Handle} at=${at} scale=${scale} />`}
        </div>
      </div>
    </div>`;
}

export const CompareBar = () => {
  const at = useSignal(split);
  const parts = [[words.compare.before, 100], [words.compare.both, 50], [words.compare.after, 0]];
  const isAt = (value) => (value === 50 ? at > 0 && at < 100 : at === value);
  return html`
    <div class="segments" role="group" aria-label=${words.compare.label}>
      ${parts.map(([label, value]) => html`
        <button type="button" aria-pressed=${isAt(value)} onClick=${() => { split.value = value; }}>${label}</button>`)}
    </div>`;
};

const Handle = ({ at, scale }) => html`
  <div class=${at > 0.5 && at < 99.5 ? "divide" : "divide at-edge"} style=${{ left: `${at}%`, "--inverse": 1 / scale }}>
    <span class="grip" aria-hidden="true"></span>
    <input type="range" class="unseen-range" min="0" max="100" step="1" value=${at} aria-label=${words.compare.label}
      onInput=${(event) => { split.value = Number(event.target.value); }}
      onKeyDown=${(event) => {
        const step = { PageUp: 10, PageDown: -10 }[event.key];
        if (!step) return;
        event.preventDefault();
        split.value = Math.min(100, Math.max(0, split.value + step));
      }} />
  </div>`;

// Drag divides the picture; enlarged, drag moves it. Two fingers zoom about their middle.
function usePointers(frame, isDivided) {
  useEffect(() => {
    const element = frame.current;
    const pointers = new Map();
    let drag = null;
    const place = (event) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top, width, height };
    };
    const divide = (event) => {
      const { x, width } = place(event);
      const { scale, x: moved } = view.value;
      const own = (x - width / 2 - moved) / scale + width / 2;
      split.value = Math.round(Math.min(100, Math.max(0, (100 * own) / width)) * 10) / 10;
    };
    const down = (event) => {
      if (event.button) return;
      pointers.set(event.pointerId, event);
      element.setPointerCapture(event.pointerId);
      if (pointers.size === 2) drag = { kind: "pinch", distance: distance(pointers) };
      else if (view.value.scale > 1 && !event.target.closest(".divide")) drag = { kind: "pan", x: event.clientX, y: event.clientY };
      else if (isDivided) {
        drag = { kind: "divide" };
        divide(event);
      }
    };
    const move = (event) => {
      if (!pointers.has(event.pointerId)) return;
      pointers.set(event.pointerId, event);
      if (drag?.kind === "pinch" && pointers.size === 2) {
        const next = distance(pointers);
        zoomBy(next / drag.distance, middle(pointers, element));
        drag.distance = next;
      } else if (drag?.kind === "pan") {
        const { scale, x, y } = view.value;
        view.value = { scale, x: x + event.clientX - drag.x, y: y + event.clientY - drag.y };
        drag = { ...drag, x: event.clientX, y: event.clientY };
      } else if (drag?.kind === "divide") divide(event);
    };
    const up = (event) => {
      pointers.delete(event.pointerId);
      drag = null;
    };
    const twice = (event) => {
      const { x, y, width, height } = place(event);
      if (view.value.scale > 1) resetView();
      else zoomBy(3, { x: x - width / 2, y: y - height / 2 });
    };
    const all = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, dblclick: twice };
    for (const [name, listener] of Object.entries(all)) element.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(all)) element.removeEventListener(name, listener);
    };
  }, [isDivided]);
}

function useWheel(box) {
  useEffect(() => {
    const wheel = (event) => {
      event.preventDefault();
      const { left, top, width, height } = box.current.getBoundingClientRect();
      zoomBy(Math.exp(-event.deltaY / 400), { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 });
    };
    const element = box.current;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);
}

function distance(pointers) {
  const [one, other] = [...pointers.values()];
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

function middle(pointers, element) {
  const [one, other] = [...pointers.values()];
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: (one.clientX + other.clientX) / 2 - left - width / 2, y: (one.clientY + other.clientY) / 2 - top - height / 2 };
}
