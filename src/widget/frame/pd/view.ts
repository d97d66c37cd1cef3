import { type AppContext, setting, type WidgetApp } from "../app";
import { h, show, svg } from "../dom";
import { brandsOwn, SHIPPED } from "../shipped";
import { runCamera } from "./camera";
import { markCard } from "./card";
import { type Fault, PdFault } from "./fault";
import { doubtOf, fromIrises, type Measurement, type Reading, readFace } from "./measure";
import { canMeasure, faceFinder } from "./mesh";
import { openPicture } from "./picture";
import { PD_WORDS, type PdWords } from "./words";

type Method = "camera" | "photo" | "bank_card";

/** The eyes with the measured distance between them: the one drawing of the calculator, before and after. */
function gauge(label: string): SVGElement {
  const text = svg("text", { x: "160", y: "30" });
  text.textContent = label;
  const eye = (x: number) =>
    svg(
      "g",
      { transform: `translate(${x} 84)` },
      svg("path", { d: "M-46 0Q0-38 46 0 0 38-46 0z" }),
      svg("circle", { r: "15" }),
      svg("circle", { r: "5" }),
    );
  return svg(
    "svg",
    { viewBox: "0 0 320 128", class: "gauge", "aria-hidden": "true" },
    eye(90),
    eye(230),
    svg("path", { class: "dim", d: "M90 78V40M230 78V40M90 44H230M97 40l-7 4 7 4M223 40l7 4-7 4" }),
    text,
  );
}

const lock = (): SVGElement =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { d: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3" }),
  );

/** What a configuration says of the calculator, whatever else stands in it. */
function settingsOf(context: AppContext) {
  const methods = context.configuration.methods;
  const has = (method: Method): boolean => !Array.isArray(methods) || methods.length === 0 || methods.includes(method);
  const result = context.configuration.result;
  const inner = {
    configuration: typeof result === "object" && result !== null ? (result as Record<string, unknown>) : {},
  };
  const url = setting(context, "privacy_url", "");
  return {
    camera: has("camera") || (!has("photo") && has("bank_card")),
    photo: has("photo"),
    card: has("bank_card"),
    near: setting(context, "near_pd", false),
    range: setting(inner, "show_range", true),
    field: setting(inner, "save_to_cart", true) ? setting(inner, "field_name", "pd_mm") : "",
    advice: setting(context, "advice", ""),
    privacyUrl: /^https?:\/\//i.test(url) ? url : "",
  };
}

export const pdCalculator: WidgetApp = (context) => {
  const words = PD_WORDS[context.language] ?? (PD_WORDS.en as PdWords);
  const settings = settingsOf(context);
  const { root } = context;
  /** Ends what runs now: a camera, a listener. */
  let stop: () => void = () => {};
  /** Grows with every view, so that what was begun in an earlier one knows that nobody waits for it. */
  let turn = 0;

  const enter = (): number => {
    stop();
    stop = () => {};
    turn += 1;
    return turn;
  };
  const button = (text: string, onclick: () => void, kind = "") =>
    h("button", { type: "button", class: kind, onclick }, text);

  const fail = (error: unknown): void => {
    enter();
    const fault: Fault = error instanceof PdFault ? error.fault : "noModel";
    show(
      root,
      h(
        "section",
        { class: "view" },
        h("h1", {}, words.faultTitle),
        h("p", { role: "alert" }, words[fault]),
        h("div", { class: "actions" }, button(words.back, start, "main")),
      ),
    );
  };

  const busy = (text: string): void =>
    show(root, h("section", { class: "view" }, h("div", { class: "figure" }, gauge("…")), h("h1", {}, text)));

  /** Runs a step; what it throws is shown, unless the shopper has gone on meanwhile. */
  const step = (run: (isCurrent: () => boolean) => Promise<void>): void => {
    const mine = enter();
    const isCurrent = () => mine === turn;
    run(isCurrent).catch((error: unknown) => {
      if (isCurrent()) fail(error);
    });
  };

  const showResult = (measurement: Measurement | null, unsure: Fault): void => {
    if (!measurement) throw new PdFault(unsure);
    enter();
    const { pd, low, high, near, method, frames } = measurement;
    const used = h("p", { role: "status", class: "note" });
    const use = () => {
      context.result({
        pd_mm: pd,
        low_mm: low,
        high_mm: high,
        ...(settings.near ? { near_pd_mm: near } : {}),
        method,
        frames,
        ...(settings.field ? { fields: { [settings.field]: String(pd) } } : {}),
      });
      used.textContent = words.used;
      context.close();
    };
    show(
      root,
      h(
        "section",
        { class: "view" },
        h("h1", {}, words.result),
        h("div", { class: "figure" }, gauge(settings.range ? `${low}–${high} mm` : "")),
        h("p", { class: "reading", "data-pd": String(pd) }, `≈ ${pd} mm`),
        h(
          "div",
          { class: "facts" },
          settings.range && h("p", {}, words.range(low, high)),
          settings.near && h("p", {}, words.near(near)),
          h("p", { class: "note" }, method === "card" ? words.byCard : words.byIris(frames)),
          method === "iris" && h("p", { class: "note" }, words.honest),
          settings.advice && h("p", { class: "note" }, brandsOwn(settings.advice, SHIPPED.advice) || words.advice),
        ),
        h(
          "div",
          { class: "actions" },
          button(words.use(pd), use, "main"),
          button(words.again, start),
          method === "iris" && settings.card && button(words.exact, byCard),
        ),
        used,
      ),
    );
  };

  /** The one face in a still picture. */
  const readStill = async (canvas: HTMLCanvasElement): Promise<Reading> => {
    const faces = await (await faceFinder()).find(canvas, true);
    if (faces.length > 1) throw new PdFault("twoFaces");
    const reading = faces[0] && readFace(faces[0], canvas.width, canvas.height);
    if (!reading) throw new PdFault("noFace");
    return reading;
  };

  const choosePhoto = (card: boolean): void => {
    const input = h("input", { type: "file", accept: "image/*" });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (!file) return;
      step(async (isCurrent) => {
        busy(words.measuring);
        const picture = await openPicture(file);
        if (typeof picture === "string") throw new PdFault(picture);
        const reading = await readStill(picture);
        if (!isCurrent()) return;
        if (card) return mark(picture, reading);
        const doubt = doubtOf(reading);
        if (doubt) throw new PdFault(doubt);
        showResult(fromIrises([reading]), "implausible");
      });
    });
    input.click();
  };

  const mark = (picture: HTMLCanvasElement, reading: Reading): void => {
    enter();
    markCard({
      root,
      words,
      picture,
      reading,
      back: byCard,
      done: (measured) => {
        try {
          showResult(measured, "implausible");
        } catch (error) {
          fail(error);
        }
      },
    });
  };

  const openCamera = (card: boolean): void =>
    step(async (isCurrent) => {
      const camera = runCamera({ root, words, card, cancel: start });
      stop = camera.stop;
      const outcome = await camera.outcome;
      if (!isCurrent()) return;
      if (outcome.kind === "readings") return showResult(fromIrises(outcome.readings), "implausible");
      busy(words.measuring);
      const reading = await readStill(outcome.picture);
      if (isCurrent()) mark(outcome.picture, reading);
    });

  const byCard = (): void => {
    enter();
    show(
      root,
      h(
        "section",
        { class: "view" },
        h("h1", {}, words.card),
        h("p", { class: "lead" }, words.cardHint),
        h(
          "div",
          { class: "actions" },
          settings.camera && button(words.camera, () => openCamera(true), "main"),
          settings.photo && button(words.photo, () => choosePhoto(true), settings.camera ? "" : "main"),
          button(words.back, start),
        ),
      ),
    );
  };

  function start(): void {
    enter();
    show(
      root,
      h(
        "section",
        { class: "view" },
        h("div", { class: "figure" }, gauge("mm")),
        h("h1", {}, words.title),
        h("p", { class: "lead" }, words.lead),
        h(
          "div",
          { class: "actions" },
          settings.camera && button(words.camera, () => openCamera(false), "main"),
          settings.photo && button(words.photo, () => choosePhoto(false), settings.camera ? "" : "main"),
        ),
        settings.card && button(words.card, byCard, "plain"),
        h("p", { class: "private" }, lock(), h("span", {}, words.private)),
        settings.privacyUrl &&
          h("a", { href: settings.privacyUrl, target: "_blank", rel: "noopener noreferrer" }, words.privacyNotice),
      ),
    );
  }

  if (canMeasure()) start();
  else fail(new PdFault("noGraphics"));
  return () => enter();
};
