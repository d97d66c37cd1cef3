import type { WidgetApp } from "../app";
import { h, show, svg } from "../dom";
import { COMMON } from "../words";
import type { ShellApp } from "./plan";
import { SHELL_WORDS } from "./words";

/** What an app that is not finished will do, said as such: no result is shown that nobody has measured. */

/** A line drawing each, on a 24 px grid. */
const DRAWINGS: Readonly<Record<ShellApp, string>> = {
  "virtual-try-on": "M3 10a4 4 0 1 0 8 0 4 4 0 1 0-8 0M13 10a4 4 0 1 0 8 0 4 4 0 1 0-8 0M11 9.4q1-.8 2 0M7 18q5 3 10 0",
  "face-shape-analysis":
    "M12 3c4.5 0 6.5 3.4 6.5 7.5 0 5-3.2 10.5-6.5 10.5s-6.5-5.5-6.5-10.5C5.5 6.4 7.5 3 12 3zM3 12h3M18 12h3",
  "style-consultation":
    "M4 20l8-8M12 12l2.5-2.5M14 4l1 2.4L17.5 7.5 15 8.6 14 11l-1-2.4-2.5-1.1L13 6.4zM19 13l.6 1.4 1.4.6-1.4.6L19 17l-.6-1.4L17 15l1.4-.6z",
  "fit-consultation": "M3 8v8M21 8v8M3 12h18M6 10l-3 2 3 2M18 10l3 2-3 2",
  "eyewear-recommendations": "M4 6h9M4 12h13M4 18h6M18 4l1 2 2 .3-1.5 1.4.4 2.1L18 8.8l-1.9 1 .4-2.1L15 6.3l2-.3z",
  "contact-lens-try-on": "M2.5 12q9.5-10 19 0-9.5 10-19 0zM8.5 12a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0M11 10.8h.01",
  "conversational-ai": "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5",
  "advanced-analytics": "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
};
/** It is no promise: it works, on our own pages. In a shop there is nothing of it to see. */
const OURS: ShellApp = "advanced-analytics";
const NO_APP = "M5 5l14 14M19 5L5 19";

/** The designed page of an app that is still to come; without a name, of one that does not exist. */
export const shell =
  (app?: ShellApp): WidgetApp =>
  ({ root, name, language, preview }) => {
    const words = COMMON[language];
    const { apps, note, unknown } = SHELL_WORDS[language];
    const plan = app ? apps[app] : { lead: unknown, steps: [] };
    const drawing = svg(
      "svg",
      { viewBox: "0 0 24 24", class: "drawing", "aria-hidden": "true" },
      svg("path", { d: app ? DRAWINGS[app] : NO_APP }),
    );
    show(
      root,
      h(
        "section",
        { class: "view shell" },
        h("div", { class: "figure" }, drawing),
        app !== OURS && h("p", { class: "tag" }, words.beta, preview && ` · ${words.preview}`),
        h("h1", {}, name),
        h("p", { class: "lead" }, plan.lead),
        plan.steps.length > 0 &&
          h(
            "ol",
            { class: "steps" },
            ...plan.steps.map(([title, text]) => h("li", {}, h("strong", {}, title), h("span", {}, text))),
          ),
        plan.steps.length > 0 && app !== OURS && h("p", { class: "note" }, note),
      ),
    );
    return () => {};
  };

export const shells: Readonly<Record<string, WidgetApp>> = Object.fromEntries(
  (Object.keys(DRAWINGS) as ShellApp[]).map((app) => [app, shell(app)]),
);
