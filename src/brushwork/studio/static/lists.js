// The queue, and the pictures that were painted.
import { useState } from "preact/hooks";
import { act, open, remove, repeat } from "./actions.js";
import { api, urlOf } from "./api.js";
import { Button, IconButton, html } from "./parts.js";
import { Problem, Progress } from "./panel.js";
import { attempt, cursor, failed, finished, isQueuePaused, pictureOf, putJobs, titleOf, useSignal, waiting } from "./state.js";
import { words } from "./words.js";

export function Queue() {
  const jobs = useSignal(waiting);
  const over = useSignal(failed);
  const isPaused = useSignal(isQueuePaused);
  return html`
    <section class="page" aria-labelledby="queue-title">
      <header class="page-head">
        <h2 id="queue-title">${words.queue.title}</h2>
        <${Button} icon=${isPaused ? "play" : "pause"} label=${isPaused ? words.queue.resume : words.queue.pause}
          onClick=${() => attempt(() => api.pauseQueue(!isPaused))} />
      </header>
      ${isPaused && html`<p class="hint">${words.queue.paused}</p>`}
      ${jobs.length === 0 && html`<p class="empty">${words.queue.empty}</p>`}
      <ul class="queue">${[...jobs, ...over].map((job) => html`<${Row} key=${job.id} job=${job} />`)}</ul>
    </section>`;
}

function Row({ job }) {
  return html`
    <li class="queue-row">
      <button type="button" class="thumb" onClick=${() => open(job)} aria-label=${titleOf(job)}>
        <img src=${pictureOf(job) || urlOf.thumbnail(job.kind === "video" ? job.request.start : job.request.content, 160)} alt="" />
      </button>
      <div class="queue-text">
        <h3>${titleOf(job)}</h3>
        <${Progress} job=${job} />
        <${Problem} job=${job} />
      </div>
      <div class="buttons"><${job.state === "failed" ? FailedButtons : WaitingButtons} job=${job} /></div>
    </li>`;
}

const FailedButtons = ({ job }) => html`
  <${IconButton} icon="repeat" label=${words.job.again} onClick=${() => repeat(job)} />
  <${IconButton} icon="trash-2" label=${words.job.remove} onClick=${() => remove(job)} />`;

const WaitingButtons = ({ job }) => html`
  ${job.state === "paused"
    ? html`<${IconButton} icon="play" label=${words.job.resume} onClick=${() => act(job, "resume")} />`
    : html`<${IconButton} icon="pause" label=${words.job.pause} onClick=${() => act(job, "pause")} />`}
  ${job.state === "pending" && html`<${IconButton} icon="arrow-right" label=${words.queue.first} onClick=${() => paintFirst(job)} />`}
  <${IconButton} icon="x" label=${job.done ? words.job.enough : words.job.cancel} onClick=${() => act(job, "cancel")} />`;

export const paintFirst = (job) => attempt(() => {
  const others = waiting.value.filter((one) => one.id !== job.id);
  return api.change(job.id, { priority: Math.min(10, Math.max(job.priority, ...others.map((one) => one.priority + 1))) });
});

export function Pictures() {
  const [search, setSearch] = useState("");
  const following = useSignal(cursor);
  const jobs = useSignal(finished).filter((job) => titleOf(job).toLowerCase().includes(search.toLowerCase()));
  const more = () => attempt(async () => {
    const page = await api.jobs({ limit: 60, cursor: following });
    putJobs(page.jobs);
    cursor.value = page.cursor;
  });
  return html`
    <section class="page" aria-labelledby="pictures-title">
      <header class="page-head">
        <h2 id="pictures-title">${words.pictures.title}</h2>
        <input type="search" class="search" placeholder=${words.pictures.search} aria-label=${words.pictures.search}
          value=${search} onInput=${(event) => setSearch(event.target.value)} />
      </header>
      ${jobs.length === 0 && html`<p class="empty">${words.pictures.empty}</p>`}
      <ul class="grid">
        ${jobs.map((job) => html`
          <li key=${job.id}>
            <button type="button" class="picture" onClick=${() => open(job)}>
              <img src=${urlOf.thumbnail(job.result.sha256, 320)} alt=${titleOf(job)} loading="lazy"
                width=${job.result.width} height=${job.result.height} />
              <span class="picture-name">${titleOf(job)}</span>
              <span class="picture-facts">${job.result.width} × ${job.result.height}${
                job.result.unfinished ? ` · ${words.job.canceled.toLowerCase()}` : ""}</span>
            </button>
          </li>`)}
      </ul>
      ${following && html`<${Button} label=${words.pictures.more} onClick=${more} />`}
    </section>`;
}
