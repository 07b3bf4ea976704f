// The place where one paints: photograph, painting, the picture that gets better.
import { takeFiles } from "./actions.js";
import { urlOf } from "./api.js";
import { Cards } from "./cards.js";
import { Film } from "./film.js";
import { FileButton, Loaded, html } from "./parts.js";
import { Panel } from "./panel.js";
import { Stage } from "./stage.js";
import { cards, chosen, currentJob, isReading, jobs, photo, pictureOf, titleOf, useSignal } from "./state.js";
import { words } from "./words.js";

const MOST_SIDE = 4096; // pixels that a browser surely shows as one image

const loadGiant = async () => (await import("./giant.js")).Giant;

export function Paint() {
  const picture = useSignal(photo);
  return html`
    <div class=${picture ? "paint" : "paint is-empty"}>
      ${picture ? html`<${Easel} picture=${picture} />` : html`<${DropZone} />`}
      <${Cards} />
      ${picture && html`<${Panel} />`}
    </div>`;
}

function Easel({ picture }) {
  const job = useSignal(currentJob);
  const reading = useSignal(isReading);
  const card = useSignal(jobs).get(useSignal(cards).get(useSignal(chosen)));
  // Until the draft is there, the card shows the same painting, smaller.
  const isOwn = job && job.request.content === (picture.film || picture.sha256);
  const isPainted = isOwn && job.kind === "video" && job.result?.sha256;
  const after = isOwn ? pictureOf(job) || (card?.result && urlOf.file(card.result.sha256)) : null;
  const isGiant = isOwn && job.kind !== "video" && job.result && Math.max(job.result.width, job.result.height) > MOST_SIDE;
  const size = picture.width ? [picture.width, picture.height] : null;
  return html`
    <div class="easel">
      ${isPainted ? html`<${Film} job=${job} alt=${titleOf(job)} />`
        : isGiant ? html`<${Loaded} load=${loadGiant} job=${job} photograph=${picture.sha256} alt=${titleOf(job)} />`
        : html`<${Stage} before=${picture.url} after=${after} size=${size} alt=${job ? titleOf(job) : ""} />`}
      ${reading && html`<p class="over">${words.drop.busy} …</p>`}
      <div class="change"><${FileButton} icon="image-plus" label=${words.drop.change} onFiles=${takeFiles} kind="quiet" multiple=${true} /></div>
    </div>`;
}

const DropZone = () => html`
  <div class="easel drop-zone">
    <div class="drop-text">
      <h2>${words.drop.title}</h2>
      <p>${words.drop.how}</p>
      <div class="buttons center">
        <${FileButton} icon="image-plus" label=${words.drop.choose} kind="main" onFiles=${takeFiles} multiple=${true} />
        <span class="on-touch"><${FileButton} icon="camera" label=${words.drop.camera} capture="environment" onFiles=${takeFiles} /></span>
      </div>
    </div>
  </div>`;
