import type { FrameMessage, SessionMessage, WidgetSettings } from "@/features/activations/embed/contract";
import { LOADER_VERSION } from "./version";

/**
 * The loader: what runs in a shop's page. It must stay below 2 KB gzip, break nothing, and trust nothing: text reaches the
 * page as text only, messages count only from our origin, from our own frame and under this element's id. Where anything
 * is missing (key, tokens, network), the button hides or says so, `varai:unavailable` fires, and the page goes on.
 */

type Settings = Pick<WidgetSettings, "public_key" | "label" | "style" | "words">;
type Task = (api: Api) => unknown;
interface Api {
  readonly version: string;
  push(...tasks: Task[]): void;
  /** A frame went into the shop's basket: counted for each app that was opened in this visit, once a frame. */
  cart(sku: string): void;
}
/** A `<varai-app>` element; `open()` does what a click does. */
interface Host extends HTMLElement {
  open?: () => Promise<void>;
}
/** What was thrown: the API's problem, one of ours, or an error of the browser's, whose codes are numbers. */
interface Thrown {
  readonly code?: unknown;
}

const page = window as Window & { varai?: Task[] | Api };
const script = document.currentScript as HTMLScriptElement | null;

/** Where things are, so that nothing moves later. What they look like comes with the settings, as data. */
const PLACE =
  ":host{display:inline-block}[hidden],p:empty,:host([hidden]){display:none}button{font:inherit;min-height:44px;padding:0 18px;border:0}";

/** Serves all elements of the page, by the origin of the first script on it, and by its key where an element has none. */
function start(home: string, first: DOMStringMap): void {
  const memory: Record<string, string> = {};

  const make = <K extends "button" | "p" | "iframe" | "dialog" | "input">(
    tag: K,
    properties: Partial<HTMLElementTagNameMap[K]>,
  ): HTMLElementTagNameMap[K] => Object.assign(document.createElement(tag), properties);
  /** 128 random bits. `randomUUID` is missing on pages without TLS. */
  const randomId = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

  /** One use of an app per visit: its request is kept whole, because the same key must carry the same body. */
  const remembered = (name: string, fresh: () => string): string => {
    try {
      sessionStorage[name] ??= memory[name] ?? fresh();
      return sessionStorage[name];
    } catch {
      // No storage here: the visit lasts as long as the page.
      memory[name] ??= fresh();
      return memory[name];
    }
  };

  /** Asks our API; throws its problem where it refuses. Never sends a cookie. */
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${home}/api/v1/${path}`, {
      ...init,
      credentials: "omit",
      signal: AbortSignal.timeout(1e4),
    });
    const body = await response.json();
    if (!response.ok) throw body;
    return body;
  };
  /** Asks in the name of a use of this visit, which the key has paid for. Goes on where the page is left. */
  const post = (path: string, key: string, use: string, body = use) =>
    ask(path, {
      method: "POST",
      keepalive: true,
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "idempotency-key": JSON.parse(use).session_id,
      },
      body,
    });

  const mount = (host: Host): void => {
    const root = host.attachShadow({ mode: "open" });
    // A sheet made by script needs no leave of the shop's style-src.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`${PLACE}button{opacity:0}`);
    root.adoptedStyleSheets = [sheet];
    const attribute = (name: string): string => host.getAttribute(name) ?? "";
    const app = attribute("app");
    const key = attribute("key") || first.key;
    const label = attribute("label");
    const button = make("button", { type: "button", textContent: label, hidden: !label });
    button.part.add("button");
    const note = make("p", { ariaLive: "polite" });
    root.append(button, note);
    const tell = (type: string, detail: object = {}): void => {
      host.dispatchEvent(
        new CustomEvent(`varai:${type}`, { bubbles: true, composed: true, detail: { app, ...detail } }),
      );
    };
    /** What the page asks for by attributes. */
    const asked = (names: string[]): Record<string, string> => {
      const wanted: Record<string, string> = { page: document.documentElement.lang };
      for (const name of names) if (host.hasAttribute(name)) wanted[name] = attribute(name);
      return wanted;
    };
    const looks = ["lang", "theme", "color"];

    const load = async (): Promise<Settings> => {
      const whose = key || first.customerId;
      if (!whose) throw { code: "no_key" };
      const query = new URLSearchParams({
        app,
        v: LOADER_VERSION,
        ...asked([...looks, "label"]),
        [key ? "key" : "customer"]: whose,
      });
      const settings = await ask(`widget/settings?${query}`);
      sheet.replaceSync(PLACE + settings.style);
      button.textContent = settings.label;
      button.hidden = false;
      return settings;
    };
    const settled = load();
    settled.catch((reason: Thrown) => {
      host.hidden = true;
      refuse(reason);
    });

    let words: Settings["words"] | undefined;
    const refuse = ({ code }: Thrown): void =>
      tell("unavailable", { reason: typeof code === "string" ? code : "unreachable" });
    const fail = (reason: Thrown): void => {
      note.textContent = words?.unavailable ?? "";
      refuse(reason);
    };

    /** Tells the page what came of it, and fills in the form this element stands in. */
    const receive = ({ fields, ...result }: Readonly<Record<string, unknown>>): void => {
      const form = host.closest("form");
      if (form)
        for (const [name, value] of Object.entries(fields ?? {})) {
          let input = form.elements.namedItem(name) as HTMLInputElement | null;
          if (!input) {
            input = make("input", { type: "hidden", name });
            form.append(input);
          }
          input.value = String(value);
        }
      tell("result", { result });
    };

    const show = (settings: Settings, token: string): void => {
      const instance = randomId();
      const close = make("button", {
        textContent: "×",
        ariaLabel: settings.words.close,
        onclick: () => dialog.close(),
      });
      const frame = make("iframe", {
        title: settings.label,
        allow: "camera",
        // The settings have come, so this is the name of an app.
        src: `${home}/v1/widget/${app}`,
        onload: () => {
          const message: SessionMessage = { source: "varai", instance, type: "session", token };
          frame.contentWindow?.postMessage(message, home);
        },
      });
      const listen = ({ origin, source, data }: MessageEvent<FrameMessage | undefined>): void => {
        if (origin !== home || source !== frame.contentWindow || data?.instance !== instance) return;
        if (data.type === "result") receive(data.result);
        else {
          if (data.type === "unavailable") fail({ code: data.reason });
          dialog.close();
        }
      };
      const dialog = make("dialog", {
        ariaLabel: settings.label,
        onclose: () => {
          removeEventListener("message", listen);
          dialog.remove();
          button.focus();
          tell("close");
        },
      });
      addEventListener("message", listen);
      dialog.append(frame, close);
      root.append(dialog);
      dialog.showModal();
    };

    host.open = async () => {
      if (button.ariaDisabled) return;
      button.ariaDisabled = "true";
      try {
        const settings = await settled;
        words = settings.words;
        note.textContent = words.opening;
        const { public_key } = settings;
        const body = remembered(`varai:${public_key}:${app}`, () =>
          JSON.stringify({ app_id: app, session_id: randomId(), metadata: { product_id: attribute("sku") } }),
        );
        const consume = () => post("customer/tokens/consume", public_key, body);
        // Lost on the way: asking again under the same key tells what happened and cannot cost twice.
        const use = await consume().catch((reason: Thrown) => {
          if (reason.code !== "outcome_unknown") throw reason;
          return consume();
        });
        const session = await post(
          "widget/sessions",
          public_key,
          body,
          JSON.stringify({ app_id: app, ...asked(looks) }),
        );
        note.textContent = "";
        show(settings, session.token);
        tell("open", { tokens: use.tokens_consumed, usage_id: use.usage_id });
      } catch (reason) {
        fail(reason as Thrown);
      }
      button.ariaDisabled = null;
    };
    button.onclick = host.open;
  };

  customElements.define(
    "varai-app",
    class extends HTMLElement {
      connectedCallback(): void {
        if (!this.shadowRoot) mount(this);
      }
    },
  );

  const waiting = page.varai as Task[] | undefined;
  const api: Api = {
    version: LOADER_VERSION,
    push: (...tasks) => {
      for (const task of tasks) task(api);
    },
    cart: (sku) => {
      try {
        for (const name in sessionStorage) {
          const [ours, key, app] = name.split(":") as [string, string, string];
          if (ours === "varai")
            post("widget/events", key, sessionStorage[name], JSON.stringify({ app_id: app, sku })).catch(() => {});
        }
      } catch {
        // No storage, or an entry that is not ours: a figure is missing, and the basket is not.
      }
    },
  };
  page.varai = api;
  api.push(...(waiting ?? []));
}

try {
  if (script?.src) {
    const { key = "", config } = script.dataset;
    // The first on the page wins, whichever version the second has.
    if (!customElements.get("varai-app")) start(new URL(script.src).origin, script.dataset);
    if (config) {
      // The one-line form: an element after the script, with what data-config names as its attributes.
      const element = document.createElement("varai-app");
      for (const [name, value] of Object.entries({ key, ...JSON.parse(config) }))
        element.setAttribute(name, String(value));
      if (document.body.contains(script)) script.after(element);
      else document.body.append(element);
    }
  }
} catch {
  // An old browser, or a line that cannot be read: the shop goes on without us.
}
