import type { WidgetApp } from "./app";
import { h, show, svg } from "./dom";
import { COMMON } from "./words";

/** What an app that is not finished will do, said as such: no result is shown that nobody has measured. */
interface Plan {
  readonly lead: string;
  readonly steps: readonly (readonly [title: string, text: string])[];
  /** A line drawing on a 24 px grid. */
  readonly drawing: string;
}

const PLANS: Readonly<Record<string, Plan>> = {
  "virtual-try-on": {
    lead: "See a frame on your own face, in its true size.",
    steps: [
      ["Look into the camera", "Or choose a photo. It stays on this device."],
      ["See the frame on you", "Placed on your eye line and scaled by the distance between your pupils."],
      ["Compare", "Keep two frames side by side and turn your head a little."],
    ],
    drawing: "M3 10a4 4 0 1 0 8 0 4 4 0 1 0-8 0M13 10a4 4 0 1 0 8 0 4 4 0 1 0-8 0M11 9.4q1-.8 2 0M7 18q5 3 10 0",
  },
  "face-shape-analysis": {
    lead: "Learn the shape of your face, with how sure the answer is.",
    steps: [
      ["One photo, straight ahead", "It stays on this device."],
      ["Two best matches", "Each with its confidence; you have the last word."],
      ["Frames that go with it", "From this shop, with the reason."],
    ],
    drawing: "M12 3c4.5 0 6.5 3.4 6.5 7.5 0 5-3.2 10.5-6.5 10.5s-6.5-5.5-6.5-10.5C5.5 6.4 7.5 3 12 3zM3 12h3M18 12h3",
  },
  "style-consultation": {
    lead: "A few questions, and frames that answer them.",
    steps: [
      ["Say what you like", "Colours, occasions, what you wear now."],
      ["See suggestions", "By face shape, colouring and taste."],
      ["Know why", "Every suggestion comes with its reasons."],
    ],
    drawing:
      "M4 20l8-8M12 12l2.5-2.5M14 4l1 2.4L17.5 7.5 15 8.6 14 11l-1-2.4-2.5-1.1L13 6.4zM19 13l.6 1.4 1.4.6-1.4.6L19 17l-.6-1.4L17 15l1.4-.6z",
  },
  "fit-consultation": {
    lead: "Find out whether a frame fits before it arrives.",
    steps: [
      ["Measure yourself", "Pupils and face width, on this device."],
      ["Compare with the frame", "Lens width, bridge and temples, in millimetres."],
      ["Read the verdict", "Where it fits, where it does not, and what would."],
    ],
    drawing: "M3 8v8M21 8v8M3 12h18M6 10l-3 2 3 2M18 10l3 2-3 2",
  },
  "eyewear-recommendations": {
    lead: "Frames from this shop, ranked for you.",
    steps: [
      ["Start from what you look at", "Nothing to fill in."],
      ["See what is near it", "By shape, size, material and price."],
      ["Say what is wrong", "Every no makes the next row better."],
    ],
    drawing: "M4 6h9M4 12h13M4 18h6M18 4l1 2 2 .3-1.5 1.4.4 2.1L18 8.8l-1.9 1 .4-2.1L15 6.3l2-.3z",
  },
  "frame-finder": {
    lead: "Search frames the way you would describe them.",
    steps: [
      ["Draw or choose a shape", "Round, square, cat-eye, or between."],
      ["Narrow it", "Size, material, colour, price."],
      ["See it at once", "The list follows as you choose."],
    ],
    drawing: "M4 10.5a6.5 6.5 0 1 0 13 0 6.5 6.5 0 1 0-13 0M15.5 15.5L21 21M7.5 10.5h6",
  },
  "contact-lens-try-on": {
    lead: "See coloured lenses on your own eyes.",
    steps: [
      ["Look into the camera", "Or choose a photo. It stays on this device."],
      ["Choose a colour", "Blended with your iris, under your lids, highlights kept."],
      ["Compare two", "One on each eye."],
    ],
    drawing: "M2.5 12q9.5-10 19 0-9.5 10-19 0zM8.5 12a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0M11 10.8h.01",
  },
  "conversational-ai": {
    lead: "Ask about frames, lenses and orders.",
    steps: [
      ["Ask in your words", "About this shop's frames and lenses."],
      ["Get an answer with its source", "Or the honest word that it is not known."],
      ["Reach a person", "Handed over with what was said so far."],
    ],
    drawing: "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5",
  },
  "advanced-analytics": {
    lead: "For the brand: what shoppers did on the way to the basket.",
    steps: [
      ["From try-on to basket", "By app and by frame."],
      ["What sells", "And what is only looked at."],
      ["A report each month", "To those who asked for it."],
    ],
    drawing: "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
  },
};

const UNKNOWN: Plan = { lead: "There is no such app.", steps: [], drawing: "M5 5l14 14M19 5L5 19" };

/** The designed page of an app that is still to come. */
export const shell =
  (plan: Plan = UNKNOWN): WidgetApp =>
  ({ root, name, language, preview }) => {
    const words = COMMON[language];
    const drawing = svg(
      "svg",
      { viewBox: "0 0 24 24", class: "drawing", "aria-hidden": "true" },
      svg("path", { d: plan.drawing }),
    );
    show(
      root,
      h(
        "section",
        { class: "view shell" },
        h("div", { class: "figure" }, drawing),
        h("p", { class: "tag" }, words.beta, preview && ` · ${words.preview}`),
        h("h1", {}, name),
        h("p", { class: "lead" }, plan.lead),
        plan.steps.length > 0 &&
          h(
            "ol",
            { class: "steps" },
            ...plan.steps.map(([title, text]) => h("li", {}, h("strong", {}, title), h("span", {}, text))),
          ),
        plan.steps.length > 0 &&
          h(
            "p",
            { class: "note" },
            "This app is being finished. What is above is what it will do; it measures nothing yet.",
          ),
      ),
    );
    return () => {};
  };

export const shells: Readonly<Record<string, WidgetApp>> = Object.fromEntries(
  Object.entries(PLANS).map(([slug, plan]) => [slug, shell(plan)]),
);
