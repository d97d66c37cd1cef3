import type {
  FrameMessage,
  FrameSession,
  PreviewAnswer,
  PreviewMessage,
  PreviewQuestion,
  SessionMessage,
} from "@/features/activations/embed/contract";
import type { AppContext, WidgetApp } from "./app";
import { h, show } from "./dom";
import { frameFinder } from "./finder/view";
import { pdCalculator } from "./pd/view";
import { shell, shells } from "./shells/view";
import { telling } from "./telling";
import { COMMON } from "./words";

// The frame. It knows nothing when it opens: the loader hands it a session token, our server says which shop that token
// was made for, and from then on it speaks with the page around it only if that page is the one.

const root = document.getElementById("app") as HTMLElement;
const slug = decodeURIComponent(location.pathname.split("/").at(-1) ?? "");
const preview = new URLSearchParams(location.search).get("preview") === "1";
const APPS: Readonly<Record<string, WidgetApp>> = {
  "pd-calculator": pdCalculator,
  "frame-finder": frameFinder,
  ...shells,
};
const LANGUAGES = ["en", "de", "fr", "es", "it", "nl"] as const;

let stop: () => void = () => {};
let told: ((message: FrameMessage) => void) | undefined;

type Looks = Pick<FrameSession, "theme" | "language" | "color" | "ink">;

function dress({ theme, language, color, ink }: Looks): void {
  const html = document.documentElement;
  html.lang = language;
  if (theme === "auto") html.removeAttribute("data-theme");
  else html.dataset.theme = theme;
  html.style.setProperty("--brand", color);
  html.style.setProperty("--brand-ink", ink);
}

function run(
  name: string,
  looks: Looks,
  rest: Pick<AppContext, "configuration" | "preview" | "ask" | "saw" | "result" | "close">,
): void {
  stop();
  dress(looks);
  document.title = name;
  const app = Object.hasOwn(APPS, slug) ? APPS[slug] : undefined;
  stop = (app ?? shell())({ root, name, language: looks.language, ...rest });
}

function refuse(language: FrameSession["language"] = "en"): void {
  const words = COMMON[language];
  show(root, h("section", { class: "view" }, h("h1", {}, words.overTitle), h("p", {}, words.over)));
}

/** Asks with the session's token; an answer may bring one that lasts longer. */
function asking(first: string): { ask: AppContext["ask"]; token: () => string } {
  let token = first;
  const ask: AppContext["ask"] = async (path) => {
    const response = await fetch(`/api/v1/widget/${path}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    });
    const body = (await response.json()) as { readonly token?: unknown };
    if (!response.ok) throw body;
    if (typeof body.token === "string" && body.token) token = body.token;
    return body;
  };
  return { ask, token: () => token };
}

async function begin(message: SessionMessage, origin: string): Promise<void> {
  const response = await fetch("/api/v1/widget/session", {
    headers: { authorization: `Bearer ${message.token}` },
    // An answer that never comes must not leave an empty window.
    signal: AbortSignal.timeout(10_000),
  });
  const session = (await response.json()) as FrameSession;
  // A token that was made for another page opens nothing here, and the page that brought it is told nothing.
  if (!response.ok || session.origin !== origin || session.app.slug !== slug) return refuse();
  if (session.test) document.body.prepend(h("p", { class: "ribbon" }, COMMON[session.language].test));
  const { instance } = message;
  told = (answer) => parent.postMessage(answer, session.origin);
  const { ask, token } = asking(message.token);
  const tell = telling(token);
  run(session.app.name, session, {
    configuration: session.configuration,
    preview: false,
    ask,
    saw: (sku) => tell({ kind: "view", sku }),
    result: (result) => {
      told?.({ source: "varai", instance, type: "result", result });
      tell({ kind: "result" });
      if (result.action === "choose" && typeof result.sku === "string") tell({ kind: "choose", sku: result.sku });
    },
    close: () => told?.({ source: "varai", instance, type: "close" }),
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) told?.({ source: "varai", instance, type: "close" });
  });
}

const isSession = (data: unknown): data is SessionMessage => {
  const message = data as Partial<SessionMessage> | null;
  return (
    typeof message === "object" &&
    message?.source === "varai" &&
    message.type === "session" &&
    typeof message.instance === "string" &&
    typeof message.token === "string"
  );
};

const isPreview = (data: unknown): data is PreviewMessage => {
  const message = data as Partial<PreviewMessage> | null;
  return (
    typeof message === "object" && message?.source === "varai-preview" && typeof message.configuration === "object"
  );
};

/** How long our own page may take to answer, ms. */
const ANSWER_MS = 5_000;

/** Asks our own page, which asks as whoever is signed in there: a preview has no session and pays for nothing. */
const askPage: AppContext["ask"] = (path) =>
  new Promise((resolve, reject) => {
    const id = crypto.randomUUID();
    const hear = ({ source, origin, data }: MessageEvent<Partial<PreviewAnswer> | null>): void => {
      if (source !== parent || origin !== location.origin || data?.type !== "answer" || data.id !== id) return;
      end();
      if (data.answer === null) reject(new Error("The page has no answer."));
      else resolve(data.answer);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error("The page does not answer."));
    }, ANSWER_MS);
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener("message", hear);
    };
    addEventListener("message", hear);
    const question: PreviewQuestion = { source: "varai-preview", type: "ask", id, path };
    parent.postMessage(question, location.origin);
  });

const HEX = /^#[0-9a-f]{6}$/i;

/** How a draft looks: the server's own reckoning is not asked, because a draft is not there yet. */
function looksOf({ configuration, language, theme }: PreviewMessage): Looks {
  const of = (name: string) => configuration[name] as Record<string, unknown> | null | undefined;
  const named = [of("launcher")?.color, of("style_customization")?.button_color].find(
    (value): value is string => typeof value === "string" && HEX.test(value),
  );
  const color = named ?? "#16585f";
  const parts = [1, 3, 5].map((at) => (Number.parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  const light = 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0);
  const wanted = String(theme ?? configuration.theme);
  return {
    color,
    ink: light > 0.179 ? "#000000" : "#ffffff",
    theme: wanted === "light" || wanted === "dark" ? wanted : "auto",
    language: LANGUAGES.find((one) => one === (language ?? configuration.language)) ?? "en",
  };
}

let begun = false;
addEventListener("message", (event: MessageEvent<unknown>) => {
  if (event.source !== parent || parent === window) return;
  if (preview) {
    if (event.origin !== location.origin || !isPreview(event.data)) return;
    const { data } = event;
    const done = { ask: askPage, saw: () => {}, result: () => {}, close: () => {} };
    run(data.name, looksOf(data), { configuration: data.configuration, preview: true, ...done });
  } else if (!begun && isSession(event.data)) {
    begun = true;
    begin(event.data, event.origin).catch(() => refuse());
  }
});
if (preview) parent.postMessage({ source: "varai-preview", type: "ready" }, location.origin);
