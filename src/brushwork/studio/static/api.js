// The server's API, as functions.
import { words } from "./words.js";

const BASE = "/api/v1";
export const LARGE = 2048; // pixels of the widest thumbnail

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "The server did not answer.");
    this.status = status;
    this.problem = problem;
  }
}

async function ask(method, path, { data, body, headers = {} } = {}) {
  const options = { method, headers: { ...headers }, credentials: "same-origin" };
  if (data !== undefined) {
    options.body = JSON.stringify(data);
    options.headers["content-type"] = "application/json";
  } else if (body !== undefined) {
    options.body = body;
  }
  const answer = await fetch(BASE + path, options).catch(() => { // a browser's own words for it say nothing of the studio
    throw new ApiError(0, { detail: words.connection.unanswered });
  });
  if (answer.status === 204) return null;
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, document);
  return document;
}

export const api = {
  about: () => ask("GET", "/about"),
  session: (token) => ask("POST", "/session", { data: { token } }),
  upload: (file) =>
    ask("PUT", "/files", { body: file, headers: { "x-name": encodeURIComponent((file.name || "").slice(0, 200)) } }),
  file: (sha256) => ask("GET", `/files/${sha256}/info`),
  paintings: () => ask("GET", "/paintings"),
  addPainting: (sha256, name) => ask("POST", "/paintings", { data: { sha256, name } }),
  removePainting: (id) => ask("DELETE", `/paintings/${encodeURIComponent(id)}`),
  cards: (content, paintings, film) => ask("POST", "/cards", { data: { content, paintings, film } }),
  sheet: (content, painting, options) => ask("POST", "/sheets", { data: { content, painting, options } }),
  create: (job) => ask("POST", "/jobs", { data: job, headers: { "idempotency-key": newKey() } }),
  batch: (jobs) => ask("POST", "/batches", { data: { jobs } }),
  jobs: (query) => ask("GET", `/jobs?${new URLSearchParams(query)}`),
  job: (id) => ask("GET", `/jobs/${id}`),
  change: (id, data) => ask("PATCH", `/jobs/${id}`, { data }),
  remove: (id) => ask("DELETE", `/jobs/${id}`),
  act: (id, action, data) => ask("POST", `/jobs/${id}/${action}`, { data: data || {} }),
  curve: (id) => ask("GET", `/jobs/${id}/curve`),
  schema: (kind) => ask("GET", `/recipes/${kind}/schema`),
  queue: () => ask("GET", "/queue"),
  pauseQueue: (paused) => ask("PATCH", "/queue", { data: { paused } }),
};

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const urlOf = {
  file: (sha256) => `${BASE}/files/${sha256}`,
  // What a browser can show of a file.
  shown: ({ sha256, kind }) => (kind === "tiff" ? urlOf.thumbnail(sha256, LARGE) : urlOf.file(sha256)),
  download: (sha256) => `${BASE}/files/${sha256}?download=true`,
  thumbnail: (sha256, width = 320) => `${BASE}/files/${sha256}/thumbnail?width=${width}`,
  tiles: (sha256) => `${BASE}/deepzoom/${sha256}.dzi`,
  preview: (job) => `${BASE}/jobs/${job.id}/preview?v=${job.preview}`,
};
