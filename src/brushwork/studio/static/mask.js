// The part of the photograph that is painted: strokes and shapes are data, the bitmap is drawn from them.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, urlOf } from "./api.js";
import { Button, Dialog, IconButton, Slider, html } from "./parts.js";
import { attempt, dialog, photo, region } from "./state.js";
import { words } from "./words.js";

const LONGEST = 1024;
const TOOLS = [["brush", "brush"], ["eraser", "eraser"], ["lasso", "lasso"], ["rectangle", "square"], ["ellipse", "circle"], ["fill", "paint-bucket"]];
const COLOR = [214, 84, 48];

export function MaskEditor() {
  const [tool, setTool] = useState("brush");
  const [size, setSize] = useState(8); // percent of the long side
  const [tolerance, setTolerance] = useState(16);
  const [marks, setMarks] = useState(() => region.value?.marks || []);
  const [undone, setUndone] = useState([]);
  const [cross, setCross] = useState(null);
  const canvas = useRef(null);
  const source = useRef(null);

  useEffect(() => {
    const image = new Image();
    image.src = photo.value.url;
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
    if (event.button || !source.current) return;
    const at = placeOf(event, canvas.current);
    if (tool === "fill") return add({ kind: "fill", at, tolerance });
    event.target.setPointerCapture(event.pointerId);
    const isEraser = tool === "eraser" || event.buttons === 32; // the eraser of a pen
    const mark = { kind: isEraser ? "eraser" : tool, size: pixelsOf(), points: [at] };
    const move = (next) => {
      for (const one of next.getCoalescedEvents?.() || [next]) mark.points.push(placeOf(one, canvas.current));
      show([...marks, mark]);
    };
    const up = () => {
      event.target.removeEventListener("pointermove", move);
      add(mark);
    };
    event.target.addEventListener("pointermove", move);
    event.target.addEventListener("pointerup", up, { once: true });
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
    region.value = { sha256: known.sha256, url: urlOf.file(known.sha256), marks };
    dialog.value = null;
  });

  return html`
    <${Dialog} title=${words.mask.title} wide=${true}>
      <div class="mask-tools" role="toolbar" aria-label=${words.mask.title}>
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
        <img src=${photo.value.url} alt=${words.compare.before} draggable=${false} />
        <canvas ref=${canvas} tabindex="0" role="application" aria-label=${`${words.mask.title}. ${words.mask.help}`}
          onPointerDown=${down} onKeyDown=${key}></canvas>
      </div>
      <p class="hint">${words.mask.help}</p>
      <div class="buttons">
        <${Button} kind="main" icon="check" label=${words.mask.use} onClick=${use} disabled=${!marks.length} />
        <${Button} label=${words.mask.whole} onClick=${() => { region.value = null; dialog.value = null; }} />
      </div>
    <//>`;
}

function placeOf(event, canvas) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [((event.clientX - left) / width) * canvas.width, ((event.clientY - top) / height) * canvas.height];
}

// Return the mask as a canvas: white where it is painted, with the marks in their order.
export function drawMask(marks, source) {
  const canvas = document.createElement("canvas");
  canvas.width = source.width;
  canvas.height = source.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.lineCap = context.lineJoin = "round";
  const fillAll = (color) => {
    context.globalCompositeOperation = "source-over";
    context.fillStyle = color;
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  fillAll("#000");
  for (const mark of marks) {
    context.fillStyle = context.strokeStyle = mark.kind === "eraser" ? "#000" : "#fff";
    if (mark.kind === "clear") fillAll("#000");
    else if (mark.kind === "invert") {
      context.globalCompositeOperation = "difference";
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.globalCompositeOperation = "source-over";
    } else if (mark.kind === "fill") fillByColor(context, source, mark);
    else drawMark(context, mark);
  }
  return canvas;
}

function drawMark(context, { kind, size, points }) {
  const [first] = points, last = points.at(-1);
  context.beginPath();
  if (kind === "rectangle") context.rect(first[0], first[1], last[0] - first[0], last[1] - first[1]);
  else if (kind === "ellipse") {
    context.ellipse((first[0] + last[0]) / 2, (first[1] + last[1]) / 2, Math.abs(last[0] - first[0]) / 2, Math.abs(last[1] - first[1]) / 2, 0, 0, 7);
  } else {
    context.moveTo(...first);
    for (const point of points) context.lineTo(...point);
  }
  if (["rectangle", "ellipse", "lasso"].includes(kind)) return context.fill();
  context.lineWidth = size;
  if (points.length > 1) return context.stroke();
  context.arc(first[0], first[1], size / 2, 0, 7);
  context.fill();
}

// Fill what is connected to a point and has nearly its color.
function fillByColor(context, { width, height, data }, { at, tolerance }) {
  const start = Math.min(height - 1, Math.max(0, Math.floor(at[1]))) * width + Math.min(width - 1, Math.max(0, Math.floor(at[0])));
  const limit = (3 * tolerance) ** 2;
  const isNear = (place) => {
    let sum = 0;
    for (let channel = 0; channel < 3; channel++) sum += (data[4 * place + channel] - data[4 * start + channel]) ** 2;
    return sum <= limit;
  };
  const found = context.getImageData(0, 0, width, height);
  const seen = new Uint8Array(width * height);
  const open = [start];
  seen[start] = 1;
  while (open.length) {
    const place = open.pop();
    found.data.fill(255, 4 * place, 4 * place + 4);
    const x = place % width;
    for (const next of [x ? place - 1 : -1, x < width - 1 ? place + 1 : -1, place - width, place + width]) {
      if (next >= 0 && next < seen.length && !seen[next] && isNear(next)) {
        seen[next] = 1;
        open.push(next);
      }
    }
  }
  context.putImageData(found, 0, 0);
}

// Show the part that is not painted darker, and the edge of the part that is.
function drawOver(canvas, mask, cross) {
  const context = canvas.getContext("2d");
  const shown = mask.getContext("2d").getImageData(0, 0, mask.width, mask.height);
  for (let place = 0; place < shown.data.length; place += 4) {
    const inside = shown.data[place] / 255;
    shown.data[place] = COLOR[0];
    shown.data[place + 1] = COLOR[1];
    shown.data[place + 2] = COLOR[2];
    shown.data[place + 3] = 150 * inside;
  }
  context.putImageData(shown, 0, 0);
  if (!cross) return;
  const [x, y] = cross;
  for (const [color, width] of [["#000", 5], ["#fff", 2]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x - 14, y); context.lineTo(x + 14, y);
    context.moveTo(x, y - 14); context.lineTo(x, y + 14);
    context.stroke();
  }
}

const toPng = (canvas) => new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
