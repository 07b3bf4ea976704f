// A mask as pixels, drawn from its marks.
const COLOR = [214, 84, 48];

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
export function drawOver(canvas, mask, cross) {
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

export const toPng = (canvas) => new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
