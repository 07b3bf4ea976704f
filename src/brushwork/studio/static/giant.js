// A finished picture that is too large for a browser to hold: OpenSeadragon shows it by tiles, over the photograph.
import { useEffect, useRef, useState } from "preact/hooks";
import { urlOf } from "./api.js";
import { html } from "./parts.js";
import { CompareBar, mixture, split, zoomWith } from "./stage.js";
import { attempt, useSignal } from "./state.js";
import { words } from "./words.js";

let loading = null; // 350 kB, for those who look at a giant

const load = () => (loading ||= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = "/static/vendor/openseadragon.js";
  script.onload = () => resolve(window.OpenSeadragon);
  script.onerror = () => { loading = null; reject(new Error(words.giant.failed)); };
  document.head.append(script);
}));

export function Giant({ job, photograph, alt }) {
  const box = useRef(null);
  const line = useRef(null);
  const [shown, setShown] = useState(null); // {viewer, painting, photograph}
  const at = useSignal(split);
  const strength = useSignal(mixture);

  useEffect(() => {
    let viewer = null, isWanted = true;
    attempt(async () => {
      const OpenSeadragon = await load();
      if (!isWanted) return;
      viewer = makeViewer(OpenSeadragon, box.current);
      zoomWith((factor) => {
        if (factor) viewer.viewport.zoomBy(factor).applyConstraints();
        else viewer.viewport.goHome();
      });
      const painting = await addPicture(viewer, job.result.sha256);
      const below = photograph && await addPicture(viewer, photograph, { index: 0, opacity: 0 });
      if (isWanted) setShown({ OpenSeadragon, viewer, painting, photograph: below });
    });
    return () => {
      isWanted = false;
      zoomWith(null);
      setShown(null);
      viewer?.destroy();
    };
  }, [job.result.sha256, photograph]);

  useEffect(() => {
    if (!shown) return undefined;
    const { OpenSeadragon, viewer, painting } = shown;
    const { x: width, y: height } = painting.source.dimensions;
    const left = (width * at) / 100;
    painting.setClip(at > 0 ? new OpenSeadragon.Rect(left, 0, Math.max(1e-6, width - left), height) : null);
    painting.setOpacity(at < 100 ? strength : 0);
    shown.photograph?.setOpacity(at > 0 || strength < 1 ? 1 : 0); // its tiles are not asked for until it is seen
    const place = () => {
      const { x } = viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(at / 100, 0), true);
      if (line.current) line.current.style.left = `${x}px`;
    };
    place();
    viewer.addHandler("update-viewport", place);
    return () => viewer.removeHandler("update-viewport", place);
  }, [shown, at, strength]);

  const divide = (event) => {
    if (!shown || !event.buttons) return;
    const { OpenSeadragon, viewer } = shown;
    event.currentTarget.setPointerCapture(event.pointerId);
    const x = event.clientX - box.current.getBoundingClientRect().left;
    const own = viewer.viewport.pointFromPixel(new OpenSeadragon.Point(x, 0), true).x;
    split.value = Math.round(Math.min(100, Math.max(0, 100 * own)) * 10) / 10;
  };

  return html`
    ${photograph && html`<${CompareBar} />`}
    <div class="stage giant">
      ${!shown && html`<img class="giant-below" src=${urlOf.thumbnail(job.result.sha256, 640)} alt=${alt} />
        <p class="over" role="status">${words.giant.preparing}</p>`}
      <div class="giant-view" ref=${box} role="group" aria-label=${alt}></div>
      ${shown?.photograph && html`
        <div class=${at > 0.5 && at < 99.5 ? "divide" : "divide at-edge"} ref=${line} onPointerDown=${divide} onPointerMove=${divide}>
          <span class="grip" aria-hidden="true"></span>
          <input type="range" class="unseen-range" min="0" max="100" step="1" value=${at} aria-label=${words.compare.label}
            onInput=${(event) => { split.value = Number(event.target.value); }} />
        </div>`}
    </div>`;
}

// OpenSeadragon adds a style element unless it finds one, and the page's policy forbids those. This one is of no
// namespace of styles; its rule is in app.css.
function pretendStyles() {
  if (document.querySelector("style[data-openseadragon-mobile-css]")) return;
  const mark = document.createElementNS("urn:brushwork", "style");
  mark.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(mark);
}

function makeViewer(OpenSeadragon, element) {
  pretendStyles();
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return OpenSeadragon({
    element,
    drawer: "canvas",
    showNavigationControl: false,
    showNavigator: !matchMedia("(max-width: 860px)").matches,
    navigatorAutoFade: false,
    animationTime: isStill ? 0 : 0.4,
    immediateRender: isStill,
    maxZoomPixelRatio: 4,
    visibilityRatio: 0.5,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  });
}

function addPicture(viewer, sha256, options = {}) {
  return new Promise((resolve, reject) => {
    viewer.addTiledImage({
      tileSource: urlOf.tiles(sha256), x: 0, y: 0, width: 1, ...options,
      success: ({ item }) => resolve(item),
      error: () => reject(new Error(words.giant.failed)),
    });
  });
}
