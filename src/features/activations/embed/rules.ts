import { LANGUAGES, type Language, THEMES, type Theme, type WidgetSettings } from "./contract";

type Configuration = Readonly<Record<string, unknown>>;

/** What a page asks for by the element's attributes; it wins over what the brand has published. */
export interface Asked {
  readonly lang?: string | undefined;
  /** The language of the page itself: where nobody has chosen one. */
  readonly page?: string | undefined;
  readonly theme?: string | undefined;
  readonly color?: string | undefined;
  readonly label?: string | undefined;
}

/** The button's colour where neither the page nor the brand names one. */
const COLOUR = "#16585f";
const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;

const SHAPES: Readonly<Record<string, number>> = { rounded: 6, pill: 999, square: 0 };

const WORDS: Readonly<Record<Language, WidgetSettings["words"]>> = {
  en: { opening: "Opening…", unavailable: "Not available just now. The shop works as usual.", close: "Close" },
  de: { opening: "Wird geöffnet…", unavailable: "Gerade nicht verfügbar. Der Shop läuft weiter.", close: "Schließen" },
  fr: { opening: "Ouverture…", unavailable: "Indisponible pour le moment. La boutique fonctionne.", close: "Fermer" },
  es: { opening: "Abriendo…", unavailable: "No disponible ahora. La tienda sigue funcionando.", close: "Cerrar" },
  it: { opening: "Apertura…", unavailable: "Ora non disponibile. Il negozio funziona.", close: "Chiudi" },
  nl: { opening: "Openen…", unavailable: "Nu niet beschikbaar. De winkel werkt gewoon.", close: "Sluiten" },
};

/** What the button says where neither the page nor the brand says it; other apps are called by their name. */
const LABELS: Readonly<Record<string, Readonly<Partial<Record<Language, string>>>>> = {
  "pd-calculator": {
    en: "Measure PD",
    de: "PD messen",
    fr: "Mesurer l’écart pupillaire",
    es: "Medir la distancia pupilar",
    it: "Misura la distanza pupillare",
    nl: "PD meten",
  },
  "virtual-try-on": {
    en: "Try it on",
    de: "Anprobieren",
    fr: "Essayer",
    es: "Probar",
    it: "Prova",
    nl: "Passen",
  },
};

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T =>
  (list as readonly unknown[]).includes(value);

/** A field of a configuration by its path; undefined where there is none. Own fields only. */
function fieldOf(configuration: Configuration, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (at, name) =>
        typeof at === "object" && at !== null && Object.hasOwn(at, name)
          ? (at as Record<string, unknown>)[name]
          : undefined,
      configuration,
    );
}

/** The first of several fields that holds text and fits. */
function textOf(configuration: Configuration, paths: readonly string[], fits: (text: string) => boolean) {
  const values = paths.map((path) => fieldOf(configuration, path));
  return values.find((value): value is string => typeof value === "string" && fits(value));
}

/** Relative luminance (WCAG 2) of `#rgb` or `#rrggbb`. */
function luminance(hex: string): number {
  const digits = hex.slice(1);
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever reads better on a colour: at least 4.5 : 1 on any. */
export const inkOn = (hex: string): "#000000" | "#ffffff" => (luminance(hex) > 0.179 ? "#000000" : "#ffffff");

/** The nearest language we speak to a BCP 47 tag such as `de-AT`; null for none. */
export function languageOf(tag: string | undefined): Language | null {
  const primary = tag?.toLowerCase().split(/[-_]/)[0];
  return isOneOf(LANGUAGES, primary) ? primary : null;
}

/** How an app looks and speaks in a shop: what the page asks for, else what the brand published, else ours. */
export function appearanceOf(
  configuration: Configuration,
  asked: Asked,
): { color: string; ink: string; theme: Theme; language: Language } {
  const color =
    (asked.color && HEX.test(asked.color) ? asked.color : undefined) ??
    textOf(configuration, ["launcher.color", "style_customization.button_color"], (text) => HEX.test(text)) ??
    COLOUR;
  const theme = [asked.theme, fieldOf(configuration, "theme")].find((value) => isOneOf(THEMES, value));
  const published = textOf(configuration, ["language"], () => true);
  return {
    color: color.toLowerCase(),
    ink: inkOn(color),
    theme: isOneOf(THEMES, theme) ? theme : "auto",
    language: languageOf(asked.lang) ?? languageOf(published) ?? languageOf(asked.page) ?? "en",
  };
}

/**
 * The element's style sheet. It goes with the settings, so that the loader stays small and a change of ours reaches shops
 * that have pinned it. Colours are hexadecimal and the radius a number of ours: nothing here is a brand's own text.
 */
const styleOf = ({ color, ink }: { color: string; ink: string }, radius: number): string =>
  [
    ":host([placement=float]){position:fixed;bottom:16px;right:16px;z-index:9999}",
    `button{background:${color};color:${ink};border-radius:${radius}px;cursor:pointer}`,
    `button:focus-visible{outline:2px solid ${color};outline-offset:2px}`,
    "button[aria-disabled=true]{cursor:progress;opacity:.7}",
    "p{margin:4px 0 0;font-size:14px}p:empty{display:none}",
    "dialog{border:0;padding:0;border-radius:16px;width:720px;height:760px;max-width:100vw;max-height:100dvh;overflow:hidden}",
    "dialog::backdrop{background:rgb(0 0 0/.6)}",
    "iframe{display:block;border:0;width:100%;height:100%}",
    "dialog button{position:absolute;top:8px;right:8px;width:44px;padding:0;border-radius:6px;font-size:24px;line-height:1;background:none;color:#767676}",
    "dialog button:focus-visible{outline-color:currentColor;outline-offset:-4px}",
    "@media(max-width:720px){dialog{border-radius:0;width:100vw;height:100dvh}}",
  ].join("");

/** What a shop's page is told of an app that the brand has turned on. */
export function settingsOf(
  app: WidgetSettings["app"],
  publicKey: string,
  configuration: Configuration,
  asked: Asked,
): WidgetSettings {
  const appearance = appearanceOf(configuration, asked);
  const label =
    asked.label?.trim() ||
    textOf(configuration, ["launcher.label", "style_customization.button_text"], (text) => text.trim() !== "") ||
    LABELS[app.slug]?.[appearance.language] ||
    app.name;
  return {
    app,
    public_key: publicKey,
    label: label.slice(0, 80),
    ...appearance,
    style: styleOf(appearance, SHAPES[String(fieldOf(configuration, "launcher.shape"))] ?? 6),
    languages: [...LANGUAGES],
    words: WORDS[appearance.language],
    configuration: { ...configuration },
  };
}
