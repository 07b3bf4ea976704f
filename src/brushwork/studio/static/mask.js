// The part of the photograph that is painted: strokes and shapes are data, the bitmap is drawn from them.
import { useEffect, useRef, useState } from "preact/hooks";
import { LARGE, api, urlOf } from "./api.js";
import { drawMask, drawOver, toPng } from "./mask-drawing.js";
import { Button, Dialog, IconButton, Slider, html } from "./parts.js";
import { paintingPartOf } from "./actions.js";
import { attempt, chosen, dialog, paintings, photo, region } from "./state.js";
import { words } from "./words.js";

const LONGEST = 1024;
const FOLLOWED = ["pointermove", "pointerup", "pointercancel"];
const TOOLS = [["brush", "brush"], ["eraser", "eraser"], ["lasso", "lasso"], ["rectangle", "square"], ["ellipse", "circle"], ["fill", "paint-bucket"]];

// The part of the photograph that is painted.
export const PhotoMask = () => html`
  <${MaskEditor} title=${words.mask.title} picture=${photo.value.url} marks=${region.value?.marks} whole=${words.mask.whole}
    onUse=${(part) => { region.value = { ...region.value, ...part }; }} onWhole=${() => { region.value = null; }} />`;

// The part of the painting that it is painted after.
export function PaintingMask() {
  const painting = paintings.value.find((one) => one.id === chosen.value);
  return html`
    <${MaskEditor} title=${words.mask.ofPainting} picture=${urlOf.thumbnail(painting.sha256, LARGE)} marks=${paintingPartOf(painting)?.marks}
      whole=${words.mask.all} onUse=${(part) => { region.value = { ...region.value, painting: { id: painting.id, ...part } }; }}
      onWhole=${() => { region.value = { ...region.value, painting: null }; }} />`;
}

function MaskEditor({ title, picture, marks: before, whole, onUse, onWhole }) {
  const [tool, setTool] = useState("brush");
  const [size, setSize] = useState(8); // percent of the long side
  const [tolerance, setTolerance] = useState(16);
  const [marks, setMarks] = useState(before || []);
  const [undone, setUndone] = useState([]);
  const [cross, setCross] = useState(null);
  const canvas = useRef(null);
  const source = useRef(null);

  useEffect(() => {
    const image = new Image();
    image.src = picture;
    image.decode().then(() => {
      const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
      const pixels = document.createElement("canvas");
      pixels.width = canvas.current.width = Math.round(image.naturalWidth * scale);
      pixels.height = canvas.current.height = Math.round(image.naturalHeight * scale);
      const context = pixels.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0, pixels.width, pixels.height);
      source.current = context.getImageData(0, 0, pixels.width, pixels.height);
      show(marks);
    }, () => {});
  }, []);

  const show = (list) => {
    if (source.current) drawOver(canvas.current, drawMask(list, source.current), cross);
  };
  useEffect(() => show(marks), [marks, cross]);

  const add = (mark) => {
    setMarks((before) => [...before, mark]);
    setUndone([]);
  };
  const undo = () => { if (marks.length) { setUndone([...undone, marks.at(-1)]); setMarks(marks.slice(0, -1)); } };
  const redo = () => { if (undone.length) { setMarks([...marks, undone.at(-1)]); setUndone(undone.slice(0, -1)); } };
  const pixelsOf = () => (size / 100) * Math.max(canvas.current.width, canvas.current.height);

  const down = (event) => {
    const isPenEraser = event.button === 5;
    if ((event.button && !isPenEraser) || !source.current) return;
    const at = placeOf(event, canvas.current);
    if (tool === "fill" && !isPenEraser) return add({ kind: "fill", at, tolerance });
    event.target.setPointerCapture(event.pointerId);
    const mark = { kind: isPenEraser ? "eraser" : tool, size: pixelsOf(), points: [at] };
    const follow = (next) => {
      if (next.pointerId !== event.pointerId) return;
      if (next.type === "pointermove") {
        for (const one of next.getCoalescedEvents?.() || [next]) mark.points.push(placeOf(one, canvas.current));
        show([...marks, mark]);
        return;
      }
      for (const name of FOLLOWED) event.target.removeEventListener(name, follow);
      if (next.type === "pointerup") add(mark);
      else show(marks);
    };
    for (const name of FOLLOWED) event.target.addEventListener(name, follow);
    show([...marks, mark]);
  };

  const key = (event) => {
    if (!source.current) return;
    const step = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { width, height } = canvas.current;
    const at = cross || [width / 2, height / 2];
    if (moves[event.key]) {
      const [x, y] = moves[event.key];
      setCross([Math.min(width, Math.max(0, at[0] + x * 4 * step)), Math.min(height, Math.max(0, at[1] + y * 4 * step))]);
    } else if (event.key === " ") {
      add(tool === "fill" ? { kind: "fill", at, tolerance } : { kind: tool === "eraser" ? "eraser" : "brush", size: pixelsOf(), points: [at] });
    } else if (event.key === "x") setTool(tool === "brush" ? "eraser" : "brush");
    else if (event.key === "[") setSize(Math.max(1, size - 1));
    else if (event.key === "]") setSize(Math.min(40, size + 1));
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) (event.shiftKey ? redo : undo)();
    else return;
    event.preventDefault();
  };

  const use = () => attempt(async () => {
    const blob = await toPng(drawMask(marks, source.current));
    const known = await api.upload(new File([blob], "part.png"));
    onUse({ sha256: known.sha256, marks });
    dialog.value = null;
  });

  return html`
    <${Dialog} title=${title} wide=${true}>
      <div class="mask-tools" role="toolbar" aria-label=${title}>
        ${TOOLS.map(([name, icon]) => html`<${IconButton} icon=${icon} label=${words.mask[name]} aria-pressed=${tool === name} onClick=${() => setTool(name)} />`)}
        <span class="gap"></span>
        <${IconButton} icon="contrast" label=${words.mask.invert} onClick=${() => add({ kind: "invert" })} />
        <${IconButton} icon="undo-2" label=${words.mask.undo} onClick=${undo} disabled=${!marks.length} />
        <${IconButton} icon="redo-2" label=${words.mask.redo} onClick=${redo} disabled=${!undone.length} />
        <${IconButton} icon="trash-2" label=${words.mask.clear} onClick=${() => add({ kind: "clear" })} />
        ${tool === "fill"
          ? html`<${Slider} label=${words.mask.tolerance} min="1" max="100" step="1" value=${tolerance} onInput=${setTolerance} />`
          : html`<${Slider} label=${words.mask.size} min="1" max="40" step="1" value=${size} onInput=${setSize} />`}
      </div>
      <div class="mask-picture">
        <div class="mask-frame">
          <img src=${picture} alt=${title} draggable=${false} />
          <canvas ref=${canvas} tabindex="0" role="application" aria-label=${`${title}. ${words.mask.help}`}
            onPointerDown=${down} onKeyDown=${key}></canvas>
        </div>
      </div>
      <p class="hint">${words.mask.help}</p>
      <div class="buttons">
        <${Button} kind="main" icon="check" label=${words.mask.use} onClick=${use} disabled=${!marks.length} />
        <${Button} label=${whole} onClick=${() => { onWhole(); dialog.value = null; }} />
      </div>
    <//>`;
}

function placeOf(event, canvas) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [((event.clientX - left) / width) * canvas.width, ((event.clientY - top) / height) * canvas.height];
}
