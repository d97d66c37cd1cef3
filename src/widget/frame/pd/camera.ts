import { h, show, svg } from "../dom";
import { PdFault } from "./fault";
import { doubtOf, ENOUGH_FRAMES, FEWEST_FRAMES, type Reading, readFace } from "./measure";
import { faceFinder } from "./mesh";
import { stillOf } from "./picture";
import type { PdWords } from "./words";

/** After how long, ms, and how many frames the shopper is told that it will not do: a slow device alone is no reason. */
const PATIENCE_MS = 45_000;
const PATIENCE_FRAMES = 60;
/** How many frames past the fewest are waited for, ms: a slow device is not kept for the rest. */
const EXTRA_MS = 4_000;

type Outcome =
  | { readonly kind: "readings"; readonly readings: readonly Reading[] }
  | { readonly kind: "picture"; readonly picture: HTMLCanvasElement };

export interface CameraRun {
  readonly outcome: Promise<Outcome>;
  readonly stop: () => void;
}

const FAULTS: Readonly<Record<string, "denied" | "noCamera" | "busy">> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "noCamera",
  OverconstrainedError: "noCamera",
  NotReadableError: "busy",
  AbortError: "busy",
};

async function openCamera(): Promise<MediaStream> {
  // Absent where the page is not secure, which for the shopper is the same as no camera.
  if (!navigator.mediaDevices?.getUserMedia) throw new PdFault("noCamera");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
    });
  } catch (error) {
    throw new PdFault(FAULTS[error instanceof Error ? error.name : ""] ?? "noCamera");
  }
}

/**
 * Shows the camera and gathers frames until there are enough of them, or with `card` until the shopper takes a picture.
 * Nothing is kept of a frame but its reading.
 */
export function runCamera(options: {
  readonly root: HTMLElement;
  readonly words: PdWords;
  readonly card: boolean;
  readonly cancel: () => void;
}): CameraRun {
  const { root, words, card } = options;
  let stream: MediaStream | undefined;
  let running = true;
  const stop = (): void => {
    running = false;
    for (const track of stream?.getTracks() ?? []) track.stop();
  };

  const video = h("video", { class: "mirror", playsinline: true, muted: true, autoplay: true, "aria-hidden": "true" });
  video.muted = true;
  const line = svg("path", { d: "" });
  const overlay = svg("svg", { class: "overlay mirror", "aria-hidden": "true" }, line);
  const hint = h("p", { role: "status" }, words.starting);
  const count = h("p", { class: "count" });
  const bar = h("i");
  const take = h("button", { type: "button", class: "main", disabled: true }, words.take);
  show(
    root,
    h(
      "section",
      { class: "view" },
      h("h1", {}, card ? words.card : words.camera),
      h("div", { class: "picture" }, video, overlay),
      !card && h("div", { class: "meter", "aria-hidden": "true" }, bar),
      h("div", { class: "status" }, hint, count),
      h(
        "div",
        { class: "actions" },
        card && take,
        h("button", { type: "button", onclick: options.cancel }, words.cancel),
      ),
    ),
  );
  const say = (text: string): void => {
    // Told only where it differs: a reader would say it again with every frame.
    if (hint.textContent !== text) hint.textContent = text;
  };
  const draw = (reading: Reading | null): void => {
    const [a, b] = reading?.pupils ?? [];
    line.setAttribute("d", a && b ? `M${a.x} ${a.y - 14}v28M${b.x} ${b.y - 14}v28M${a.x} ${a.y}L${b.x} ${b.y}` : "");
  };

  const gather = async (): Promise<Outcome> => {
    stream = await openCamera();
    if (!running) stop();
    video.srcObject = stream;
    await video.play();
    overlay.setAttribute("viewBox", `0 0 ${video.videoWidth} ${video.videoHeight}`);
    if (card) {
      say(words.cardHint);
      take.disabled = false;
      await new Promise<void>((resolve) => take.addEventListener("click", () => resolve(), { once: true }));
      const picture = stillOf(video);
      stop();
      return { kind: "picture", picture };
    }
    say(words.loading);
    const finder = await faceFinder();
    const readings: Reading[] = [];
    const end = performance.now() + PATIENCE_MS;
    let tried = 0;
    let enoughAt = Number.POSITIVE_INFINITY;
    const hopeless = () => performance.now() > end && tried > PATIENCE_FRAMES;
    while (running && readings.length < ENOUGH_FRAMES && performance.now() < enoughAt && !hopeless()) {
      tried += 1;
      const faces = await finder.find(video);
      const reading = faces.length === 1 && faces[0] ? readFace(faces[0], video.videoWidth, video.videoHeight) : null;
      const doubt = reading && doubtOf(reading);
      draw(reading);
      if (!reading) say(faces.length > 1 ? words.several : words.nobody);
      else if (doubt) say(words[doubt]);
      else {
        say(words.look);
        readings.push(reading);
        if (readings.length === FEWEST_FRAMES) enoughAt = performance.now() + EXTRA_MS;
      }
      count.textContent = words.progress(Math.min(readings.length, FEWEST_FRAMES), FEWEST_FRAMES);
      bar.style.transform = `scaleX(${Math.min(1, readings.length / FEWEST_FRAMES)})`;
      // A frame's time for the page: the model would leave it none.
      await new Promise((resolve) => setTimeout(resolve, 16));
    }
    stop();
    if (readings.length < FEWEST_FRAMES) throw new PdFault("unsure");
    return { kind: "readings", readings };
  };
  return { outcome: gather().finally(stop), stop };
}
