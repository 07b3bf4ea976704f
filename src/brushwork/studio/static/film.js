// Films: a frame that stands for one, and the film itself.
import { html } from "./parts.js";
import { urlOf } from "./api.js";

export const isFilm = (file) => file.type.startsWith("video/") || /\.(mp4|m4v|mov|webm|mkv)$/i.test(file.name);

// Return a frame of a film as a PNG file; cards and the large picture show it.
export async function frameOf(file, text) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = URL.createObjectURL(file);
  try {
    await when(video, "loadeddata", text);
    video.currentTime = Math.min(1, (video.duration || 0) / 3);
    await when(video, "seeked", text);
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
    return new File([blob], `${file.name.replace(/\.[^.]+$/, "")}.png`, { type: "image/png" });
  } finally {
    URL.revokeObjectURL(video.src);
  }
}

const when = (video, name, text) => new Promise((resolve, reject) => {
  video.addEventListener(name, resolve, { once: true });
  video.addEventListener("error", () => reject(new Error(text)), { once: true });
});

// The film that was painted, to play.
export const Film = ({ job, alt }) => html`
  <div class="stage film"><video src=${urlOf.file(job.result.sha256)} controls loop autoplay muted playsinline aria-label=${alt}></video></div>`;
