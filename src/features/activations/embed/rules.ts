import { type EmbedOptions, LANGUAGES, type Language, THEMES, type Theme, type WidgetSettings } from "./contract";

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
export const BUTTON_COLOUR = "#16585f";
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

/**
 * What the button says, by app: where neither the page nor the brand says it, and where the brand has left what its app came
 * with (`shipped`) and the shop does not speak English. Other apps are called by their name.
 */
const LABELS: Readonly<Record<string, Readonly<Record<Language | "shipped", string>>>> = {
  "virtual-try-on": {
    shipped: "Try On",
    ...{ en: "Try it on", de: "Anprobieren", fr: "Essayer", es: "Probar", it: "Prova", nl: "Passen" },
  },
  "face-shape-analysis": {
    shipped: "Find my face shape",
    ...{ en: "Find my face shape", de: "Meine Gesichtsform finden", fr: "Trouver ma forme de visage" },
    ...{ es: "Descubrir la forma de mi cara", it: "Scopri la forma del viso", nl: "Vind mijn gezichtsvorm" },
  },
  "style-consultation": {
    shipped: "Style advice",
    ...{ en: "Style advice", de: "Stilberatung", fr: "Conseil de style" },
    ...{ es: "Asesoría de estilo", it: "Consigli di stile", nl: "Stijladvies" },
  },
  "fit-consultation": {
    shipped: "Check the fit",
    ...{ en: "Check the fit", de: "Sitz prüfen", fr: "Vérifier l’ajustement" },
    ...{ es: "Comprobar el ajuste", it: "Verifica la calzata", nl: "Pasvorm controleren" },
  },
  "eyewear-recommendations": {
    shipped: "For you",
    ...{ en: "For you", de: "Für Sie", fr: "Pour vous", es: "Para usted", it: "Per lei", nl: "Voor u" },
  },
  "pd-calculator": {
    shipped: "Measure my PD",
    ...{ en: "Measure PD", de: "PD messen", fr: "Mesurer l’écart pupillaire" },
    ...{ es: "Medir la distancia pupilar", it: "Misura la distanza pupillare", nl: "PD meten" },
  },
  "frame-finder": {
    shipped: "Find a frame",
    ...{ en: "Find a frame", de: "Fassung finden", fr: "Trouver une monture" },
    ...{ es: "Buscar una montura", it: "Trova una montatura", nl: "Vind een montuur" },
  },
  "contact-lens-try-on": {
    shipped: "Try a colour",
    ...{ en: "Try a colour", de: "Farbe anprobieren", fr: "Essayer une couleur" },
    ...{ es: "Probar un color", it: "Prova un colore", nl: "Probeer een kleur" },
  },
  "conversational-ai": {
    shipped: "Ask us",
    ...{ en: "Ask us", de: "Fragen Sie uns", fr: "Posez une question" },
    ...{ es: "Pregúntenos", it: "Ci chieda", nl: "Vraag het ons" },
  },
};

/** What the button says in a language, of what its page and its brand have chosen. */
function labelOf(app: WidgetSettings["app"], configuration: Configuration, asked: Asked, language: Language): string {
  const ours = LABELS[app.slug];
  const published = textOf(
    configuration,
    ["launcher.label", "style_customization.button_text"],
    (text) => text.trim() !== "",
  );
  const chosen = language !== "en" && published === ours?.shipped ? undefined : published;
  return asked.label?.trim() || chosen || ours?.[language] || app.name;
}

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
    BUTTON_COLOUR;
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
    `button{background:${color};color:${ink};border-radius:${radius}px;min-width:100%;cursor:pointer}`,
    `button:focus-visible{outline:2px solid ${color};outline-offset:2px}`,
    "button[aria-disabled=true]{cursor:progress;opacity:.7}",
    "p{margin:4px 0 0;font-size:14px}p:empty{display:none}",
    "dialog{border:0;padding:0;border-radius:16px;width:720px;height:760px;max-width:100vw;max-height:100dvh;overflow:hidden}",
    "dialog::backdrop{background:rgb(0 0 0/.6)}",
    "iframe{display:block;border:0;width:100%;height:100%}",
    "dialog button{position:absolute;top:8px;right:8px;width:44px;min-width:0;padding:0;border-radius:6px;font-size:24px;line-height:1;background:none;color:#767676}",
    "dialog button:focus-visible{outline-color:currentColor;outline-offset:-4px}",
    "@media(max-width:720px){dialog{border-radius:0;width:100vw;height:100dvh}}",
  ].join("");

/** A test key says so in its text. What it opens is marked wherever it is seen, so that none goes live unnoticed. */
const isTest = (publicKey: string): boolean => publicKey.startsWith("ca_pk_test_");

/** What a shop's page is told of an app that the brand has turned on. */
export function settingsOf(
  app: WidgetSettings["app"],
  publicKey: string,
  configuration: Configuration,
  asked: Asked,
): WidgetSettings {
  const appearance = appearanceOf(configuration, asked);
  const label = labelOf(app, configuration, asked, appearance.language);
  return {
    app,
    public_key: publicKey,
    label: isTest(publicKey) ? `${label.slice(0, 70)} (test)` : label.slice(0, 80),
    ...appearance,
    style: styleOf(appearance, SHAPES[String(fieldOf(configuration, "launcher.shape"))] ?? 6),
    languages: [...LANGUAGES],
    words: WORDS[appearance.language],
    configuration: { ...configuration },
  };
}

/** What embed code is made of beside the brand's choices. */
export interface EmbedSource {
  /** Our origin, without a closing slash. */
  readonly origin: string;
  readonly publicKey: string;
  readonly slug: string;
  /** The loader's version and hash, as `widgetBuild()` tells them; needed where the code is pinned. */
  readonly build: { readonly version: string; readonly integrity: string };
}

/** A piece of code with where it goes. */
export interface Snippet {
  readonly title: string;
  readonly language: "html" | "liquid" | "php" | "jsx";
  readonly code: string;
}

/** Text for a quoted attribute: nothing in it can end it. */
const attribute = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
/** Text as a literal of JavaScript that may stand in a page's script element. */
const literal = (text: string): string =>
  JSON.stringify(text).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
/** Text as a literal of PHP. */
const php = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const tag = (name: string, attributes: readonly (readonly [string, string | true])[]): string =>
  `<${name}${attributes.map(([key, value]) => (value === true ? ` ${key}` : ` ${key}="${value}"`)).join("")}></${name}>`;

/** The loader's address, and what pins it. */
function loaderOf({ origin, build }: EmbedSource, { pinned }: EmbedOptions) {
  return pinned
    ? { src: `${origin}/v${build.version}/embed.js`, integrity: build.integrity }
    : { src: `${origin}/v1/embed.js`, integrity: undefined };
}

/** The element's attributes, unescaped; `sku` is the platform's own expression and stands in the code beside them. */
const elementOf = ({ slug }: EmbedSource, options: EmbedOptions): [string, string][] =>
  Object.entries({
    app: slug,
    placement: options.placement === "float" ? "float" : undefined,
    label: options.label || undefined,
    color: options.color,
    lang: options.language,
    theme: options.theme,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);

/**
 * The code that puts an app into a shop, one or two pieces of it in the order of pasting. Every value is escaped for the
 * language it stands in.
 */
export function embedCode(source: EmbedSource, options: EmbedOptions): Snippet[] {
  const { src, integrity } = loaderOf(source, options);
  const element = elementOf(source, options);
  const script = tag("script", [
    ["async", true],
    ["src", attribute(src)],
    ...(integrity
      ? ([
          ["integrity", integrity],
          ["crossorigin", "anonymous"],
        ] as const)
      : []),
    ["data-key", attribute(source.publicKey)],
  ]);
  const html = (sku: string): string =>
    tag("varai-app", [...element.map(([name, value]) => [name, attribute(value)] as const), ["sku", sku]]);
  /** Statements that put the loader into a page once, for where attributes of a pasted script are lost. */
  const loading = [
    'var script = document.createElement("script");',
    "script.async = true;",
    `script.src = ${literal(src)};`,
    ...(integrity ? [`script.integrity = ${literal(integrity)};`, 'script.crossOrigin = "anonymous";'] : []),
    `script.setAttribute("data-key", ${literal(source.publicKey)});`,
    "document.head.appendChild(script);",
  ];
  switch (options.platform) {
    case "html":
      return [
        { title: "Once a page, in its head", language: "html", code: script },
        { title: "Where the button goes", language: "html", code: html("YOUR-SKU") },
      ];
    case "shopify":
      return [
        { title: "Online Store › Themes › Edit code › theme.liquid, before </head>", language: "html", code: script },
        {
          title: "In the product template, inside the product form",
          language: "liquid",
          code: html("{{ product.selected_or_first_available_variant.sku | escape }}"),
        },
      ];
    case "woocommerce": {
      const extra = `data-key="${attribute(source.publicKey)}"${integrity ? ` integrity="${integrity}" crossorigin="anonymous"` : ""}`;
      return [
        {
          title: "In the child theme's functions.php, or a code snippet plugin",
          language: "php",
          code: [
            "add_action('wp_enqueue_scripts', function () {",
            `  wp_enqueue_script('varai', ${php(src)}, array(), null, array('strategy' => 'async'));`,
            "});",
            "add_filter('script_loader_tag', function ($tag, $handle) {",
            `  return $handle === 'varai' ? str_replace(' src=', ${php(` ${extra} src=`)}, $tag) : $tag;`,
            "}, 10, 2);",
            "add_action('woocommerce_before_add_to_cart_button', function () {",
            "  global $product;",
            `  echo str_replace('YOUR-SKU', esc_attr($product->get_sku()), ${php(html("YOUR-SKU"))});`,
            "});",
          ].join("\n"),
        },
      ];
    }
    case "react":
      return [
        {
          title: "A component of your own",
          language: "jsx",
          code: [
            'import { useEffect } from "react";',
            "",
            "export function VaraiApp({ sku }) {",
            "  useEffect(() => {",
            `    if (document.querySelector(${literal(`script[src="${src}"]`)})) return;`,
            ...loading.map((line) => `    ${line.replace(/^var /, "const ")}`),
            "  }, []);",
            `  return <varai-app ${element.map(([name, value]) => `${name}={${literal(value)}}`).join(" ")} sku={sku} />;`,
            "}",
          ].join("\n"),
        },
      ];
    case "gtm":
      return [
        {
          title: "A Custom HTML tag on your product pages; set where the button goes in the fourth line from below",
          language: "html",
          code: [
            "<script>",
            "(function () {",
            ...loading.map((line) => `  ${line}`),
            '  var app = document.createElement("varai-app");',
            ...element.map(([name, value]) => `  app.setAttribute(${literal(name)}, ${literal(value)});`),
            '  var place = document.querySelector("form[action*=cart]") || document.body;',
            "  place.appendChild(app);",
            "})();",
            "</script>",
          ].join("\n"),
        },
      ];
  }
}

/** The seed's one-line form: the brand in place of a key, and the element's attributes as JSON. */
export function oneLineEmbed(source: Omit<EmbedSource, "publicKey"> & { customerId: string }, options: EmbedOptions) {
  const { src, integrity } = loaderOf({ ...source, publicKey: "" }, options);
  return tag("script", [
    ["async", true],
    ["src", attribute(src)],
    ...(integrity
      ? ([
          ["integrity", integrity],
          ["crossorigin", "anonymous"],
        ] as const)
      : []),
    ["data-customer-id", attribute(source.customerId)],
    ["data-config", attribute(JSON.stringify(Object.fromEntries(elementOf({ ...source, publicKey: "" }, options))))],
  ]);
}

/** What a shop with a strict Content-Security-Policy must allow, by directive, and for the camera its Permissions-Policy. */
export const embedPolicy = (origin: string): { readonly csp: readonly string[]; readonly permissions: string } => ({
  csp: [`script-src ${origin}`, `connect-src ${origin}`, `frame-src ${origin}`],
  permissions: `camera=(self "${origin}")`,
});
