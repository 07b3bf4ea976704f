// One row of paintings, each painted on the photograph.
import { useEffect, useRef } from "preact/hooks";
import { addPainting, paint, removePainting } from "./actions.js";
import { urlOf } from "./api.js";
import { FileButton, Icon, html } from "./parts.js";
import { cards, chosen, currentJob, isReady, jobs, paintings, photo, tidy, useSignal } from "./state.js";
import { words } from "./words.js";

export function Cards() {
  const list = useSignal(paintings);
  const row = useRef(null);
  const move = (event) => {
    if (event.key === "Delete") {
      const all = [...row.current.querySelectorAll(".card")];
      const painting = list[all.indexOf(document.activeElement)];
      if (painting) removePainting(painting);
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...row.current.querySelectorAll(".card")];
    all[all.indexOf(document.activeElement) + step]?.focus();
    event.preventDefault();
  };
  return html`
    <section class="cards" aria-label=${words.cards.title}>
      <div class="add-card">
        <${FileButton} icon="plus" label=${words.cards.add} onFiles=${(files) => addPainting(files[0])} kind="tile" />
      </div>
      <ul class="card-row" ref=${row} onKeyDown=${move}>
        ${list.map((one) => html`<li key=${one.id}><${Card} painting=${one} /></li>`)}
      </ul>
    </section>`;
}

function Card({ painting }) {
  const job = useSignal(jobs).get(useSignal(cards).get(painting.id));
  const isChosen = useSignal(chosen) === painting.id;
  const button = useRef(null);
  useEffect(() => { if (isChosen) reveal(button.current); }, [isChosen]);
  const running = useSignal(currentJob);
  const hasPhoto = Boolean(useSignal(photo));
  const isWaiting = hasPhoto && !job?.result && job?.state !== "failed" && useSignal(isReady);
  const picture = hasPhoto && job?.result ? urlOf.file(job.result.sha256) : urlOf.thumbnail(painting.sha256, 320);
  const state = isChosen && running && ["pending", "running"].includes(running.state) ? " is-painting" : "";
  return html`
    <button ref=${button} type="button" class=${`card${state}${isWaiting ? " is-waiting" : ""}`} aria-pressed=${isChosen} onClick=${() => paint(painting)}>
      <span class="card-picture">
        <img src=${picture} alt="" loading="lazy" draggable=${false} key=${picture} class="fade-in" />
        ${hasPhoto && job?.result && html`<img class="swatch" src=${urlOf.thumbnail(painting.sha256, 160)} alt="" loading="lazy" />`}
      </span>
      <span class="card-name">${tidy(painting.name)}</span>
      ${painting.model && html`<span class="tag"><${Icon} name="brush" />${words.cards.atOnce}</span>`}
    </button>`;
}

// Scroll the row, and nothing else, until a card is in view.
function reveal(card) {
  const row = card.closest(".card-row");
  const [seen, place] = [row.getBoundingClientRect(), card.getBoundingClientRect()];
  if (place.left < seen.left) row.scrollLeft += place.left - seen.left - 4;
  else if (place.right > seen.right) row.scrollLeft += place.right - seen.right + 4;
}
