import { h, show, svg } from "../dom";
import { fromCard, type Measurement, type Pixel, type Reading } from "./measure";
import type { PdWords } from "./words";

/** How far an arrow key moves a marker, in parts of the picture's width, and how far with Shift. */
const STEP = 0.002;
const LEAP = 0.02;

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const within = (value: number): number => Math.min(1, Math.max(0, value));
const percent = (value: number): number => Math.round(value * 1000) / 10;

/** Lets the shopper put two markers on the card's short edges in a still picture, by hand or by keyboard. */
export function markCard(options: {
  readonly root: HTMLElement;
  readonly words: PdWords;
  readonly picture: HTMLCanvasElement;
  readonly reading: Reading;
  readonly back: () => void;
  readonly done: (measured: Measurement | null) => void;
}): void {
  const { root, words, picture, reading } = options;
  const [a, b] = reading.pupils;
  const box = h("div", { class: "picture" }, picture);
  box.style.aspectRatio = `${picture.width} / ${picture.height}`;
  const centre = (a.x + b.x) / 2 / picture.width;
  // Where a card on the forehead would be: above the eyes, a third wider than they are apart.
  const reach = Math.min(0.45, (reading.pdPx / picture.width) * 0.68);
  const height = within(((a.y + b.y) / 2 - reading.pdPx * 0.8) / picture.height);

  // Where the markers stand at first is a guess of ours: both must have been set before anything is measured by them.
  const unset = new Set<string>();
  const measure = h("button", { type: "button", class: "main", disabled: true }, words.done);
  const set = (label: string): void => {
    unset.delete(label);
    measure.disabled = unset.size > 0;
  };

  const marker = (label: string, from: number): { element: HTMLButtonElement; at: () => Pixel } => {
    const at = { x: within(from), y: height };
    unset.add(label);
    const element = h("button", { type: "button", class: "marker", role: "slider", "aria-label": label });
    element.setAttribute("aria-valuemin", "0");
    element.setAttribute("aria-valuemax", "100");
    const move = (x: number, y: number): void => {
      at.x = within(x);
      at.y = within(y);
      element.style.left = `${at.x * 100}%`;
      element.style.top = `${at.y * 100}%`;
      element.setAttribute("aria-valuenow", String(percent(at.x)));
      element.setAttribute("aria-valuetext", words.edgeAt(percent(at.x), percent(at.y)));
    };
    move(at.x, at.y);
    element.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      set(label);
      const by = event.shiftKey ? LEAP : STEP;
      move(at.x + arrow[0] * by, at.y + arrow[1] * by * (picture.width / picture.height));
    });
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.focus();
      element.setPointerCapture(event.pointerId);
      // What was grabbed beside its middle stays as far beside it: a finger does not hide the edge it marks.
      const frame = box.getBoundingClientRect();
      const offset = {
        x: event.clientX - frame.left - at.x * frame.width,
        y: event.clientY - frame.top - at.y * frame.height,
      };
      const drag = (moved: PointerEvent): void => {
        set(label);
        move(
          (moved.clientX - frame.left - offset.x) / frame.width,
          (moved.clientY - frame.top - offset.y) / frame.height,
        );
      };
      element.addEventListener("pointermove", drag);
      element.addEventListener("lostpointercapture", () => element.removeEventListener("pointermove", drag), {
        once: true,
      });
    });
    return { element, at: () => ({ x: at.x * picture.width, y: at.y * picture.height }) };
  };
  const left = marker(words.leftEdge, centre - reach);
  const right = marker(words.rightEdge, centre + reach);
  const eyes = svg(
    "svg",
    { class: "overlay", viewBox: `0 0 ${picture.width} ${picture.height}`, "aria-hidden": "true" },
    svg("path", { d: `M${a.x} ${a.y - 10}v20M${b.x} ${b.y - 10}v20M${a.x} ${a.y}L${b.x} ${b.y}` }),
  );
  box.append(eyes, left.element, right.element);
  measure.addEventListener("click", () => options.done(fromCard(reading, [left.at(), right.at()])));
  show(
    root,
    h(
      "section",
      { class: "view" },
      h("h1", {}, words.markTitle),
      h("p", {}, words.mark),
      box,
      h("div", { class: "actions" }, measure, h("button", { type: "button", onclick: options.back }, words.back)),
    ),
  );
}
