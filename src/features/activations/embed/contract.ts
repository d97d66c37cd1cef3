import { z } from "zod";

/** Languages the widgets speak. */
export const LANGUAGES = ["en", "de", "fr", "es", "it", "nl"] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const appName = z.string("must be an app's slug or id").regex(/^[a-z0-9-]{1,50}$/, "must be an app's slug or id");

/** What the loader asks with. It goes as a query, so that a browser needs no preflight for it. */
export const settingsQuery = z.strictObject({
  app: appName,
  /** A public key; `Authorization: Bearer` will do as well. */
  key: z.string().max(140).optional(),
  /** In place of the key: the brand, whose default public key is then found. */
  customer: z.uuid().optional(),
  /** What the page asks for; an unknown language is no reason to fail. */
  lang: z.string().max(35).optional(),
  /** The language of the page itself, for where nobody has chosen one. */
  page: z.string().max(35).optional(),
  theme: z.string().max(10).optional(),
  color: z.string().max(20).optional(),
  label: z.string().max(200).optional(),
  /** The loader's version, for the installation check. */
  v: z.string().max(20).optional(),
});

/** Words the loader shows on the shop's page. */
export const loaderWords = z.object({ opening: z.string(), unavailable: z.string(), close: z.string() });

/** What a shop's page may know of an app that the brand has turned on: its name and how it looks, nothing of its use. */
export const settingsResponse = z.object({
  app: z.object({ id: z.string(), slug: z.string(), name: z.string(), status: z.string() }),
  public_key: z.string(),
  label: z.string(),
  /** The button's ground, and the ink that reads on it. */
  color: z.string(),
  ink: z.string(),
  /** How button and dialog look: a style sheet for the element's shadow root, made of nothing but checked values. */
  style: z.string(),
  theme: z.enum(THEMES),
  language: z.enum(LANGUAGES),
  languages: z.array(z.enum(LANGUAGES)),
  words: loaderWords,
  configuration: z.record(z.string(), z.unknown()),
});
export type WidgetSettings = z.infer<typeof settingsResponse>;

/** What the loader asks a session for; the `Idempotency-Key` that its consume went under names the use. */
export const sessionRequest = z.strictObject({
  app_id: appName,
  lang: z.string().max(35).optional(),
  page: z.string().max(35).optional(),
  theme: z.string().max(10).optional(),
  color: z.string().max(20).optional(),
});
export const sessionResponse = z.object({ token: z.string(), expires_in: z.int() });

/** What the frame is told about the session its token stands for. */
export const frameSession = z.object({
  /** The only origin the frame answers. */
  origin: z.string(),
  app: z.object({ id: z.string(), slug: z.string(), name: z.string(), status: z.string() }),
  usage_id: z.string(),
  /** Opened with a test key: nothing live was spent, and the frame says so. */
  test: z.boolean(),
  configuration: z.record(z.string(), z.unknown()),
  color: z.string(),
  ink: z.string(),
  theme: z.enum(THEMES),
  language: z.enum(LANGUAGES),
});
export type FrameSession = z.infer<typeof frameSession>;

/** From the shop's page to the frame, once the frame has loaded. */
export interface SessionMessage {
  readonly source: "varai";
  readonly instance: string;
  readonly type: "session";
  readonly token: string;
}

/** From the frame to the shop's page. */
export type FrameMessage = { readonly source: "varai"; readonly instance: string } & (
  | { readonly type: "result"; readonly result: Readonly<Record<string, unknown>> }
  | { readonly type: "close" }
  | { readonly type: "unavailable"; readonly reason: string }
);

/** From our own configure page to a frame opened with `?preview=1`. */
export interface PreviewMessage {
  readonly source: "varai-preview";
  /** What the app is called. */
  readonly name: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly language?: string;
  readonly theme?: string;
}

/** What a previewed app asks our own page for, below `/api/v1/widget/`, and what it is answered; null where it cannot be. */
export interface PreviewQuestion {
  readonly source: "varai-preview";
  readonly type: "ask";
  readonly id: string;
  readonly path: string;
}
export interface PreviewAnswer {
  readonly source: "varai-preview";
  readonly type: "answer";
  readonly id: string;
  readonly answer: unknown;
}

/** What is known of an app's installation in a shop. Times in ISO 8601. */
export const installation = z.object({
  seen: z.object({ at: z.string(), origin: z.string(), loader: z.string() }).nullable(),
  refused: z.object({ at: z.string(), origin: z.string(), code: z.string() }).nullable(),
});
export type Installation = z.infer<typeof installation>;

/** Where embed code is pasted. */
export const PLATFORMS = ["html", "shopify", "woocommerce", "react", "gtm"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What a brand chooses for its embed code; what is left out follows the published configuration. */
export const embedOptions = z.strictObject({
  platform: z.enum(PLATFORMS).default("html"),
  /** In the place where the code stands, or floating over the page's corner. */
  placement: z.enum(["inline", "float"]).default("inline"),
  label: z.string().trim().max(80).optional(),
  color: z
    .string()
    .regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, "must be a colour such as #16585f")
    .optional(),
  language: z.enum(LANGUAGES).optional(),
  theme: z.enum(THEMES).optional(),
  /** The loader of today for ever, by its hash, in place of the one that follows us. */
  pinned: z.boolean().default(false),
});
export type EmbedOptions = z.output<typeof embedOptions>;
