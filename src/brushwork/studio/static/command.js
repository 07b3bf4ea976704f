// What is painted here as a command.
import { paintingPartOf, stylesFor } from "./actions.js";
import { chosen, optionsOf, paintings, photo, region, settings } from "./state.js";

// The same painting as a command.
export function commandOf() {
  const painting = paintings.value.find((one) => one.id === chosen.value);
  const { size, quality, likeness, strokes, colors } = settings.value;
  const name = photo.value?.name || "photo.jpg";
  const film = photo.value?.film;
  const parts = ["brushwork", film ? "video" : "paint", quote(name)];
  if (painting?.model) parts.push("--model", painting.model, ...stylesFlag(painting));
  else parts.push("painting.jpg");
  parts.push("--size", size);
  if (colors) parts.push("--color", "keep-luminance");
  if (film) return [...parts, "--measure", "long"].join(" "); // as here; the command's own is the short side
  if (!painting?.model && quality !== "normal") parts.push("--quality", quality);
  if (!painting?.model && likeness) parts.push("--content-weight", Number((2 ** likeness).toPrecision(3)));
  if (!painting?.model && strokes) parts.push("--style-scale", Number((2 ** strokes).toPrecision(3)));
  if (!painting?.model && region.value) parts.push("--region", paintingPartOf(painting) ? "part.png:part-of-painting.png" : "part.png");
  for (const [option, value] of Object.entries(optionsOf(painting))) {
    const flag = option.replaceAll("_", "-");
    if (typeof value === "boolean") parts.push(`--${value ? "" : "no-"}${flag}`);
    else parts.push(`--${flag}`, ...[value].flat().map((one) => quote(String(one))));
  }
  return parts.join(" ");
}

function stylesFlag(painting) {
  const { style } = stylesFor(painting);
  return style ? ["--style", ...style.map(quote)] : [];
}

const quote = (text) => (/^[\w.:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
