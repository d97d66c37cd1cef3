/** Markup that may stand in a page as it is. */
export class Html {
  constructor(readonly text: string) {}
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (value: string): string => value.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);

type Part = Html | string | number | null | undefined | false | readonly Part[];

function shown(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === null || part === undefined || part === false) return "";
  return typeof part === "object" ? part.map(shown).join("") : escaped(String(part));
}

/** Markup with values in it; every value is escaped unless it is markup itself. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(strings.reduce((text, string, at) => text + shown(parts[at - 1]) + string));

/** A whole page. Everything the stand-in shows says that it is one. */
export const document = (title: string, body: Html, wide = false): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="/stripe.css">
</head>
<body${wide ? new Html(' class="wide"') : ""}>
<p class="ribbon" role="note"><strong>Test checkout.</strong> No card is charged. This page stands in for Stripe’s own.</p>
${body}
</body>
</html>
`.text;

export const money = (cents: number): string =>
  (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });

export const day = (at: number): string =>
  new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

export const moment = (at: number): string => new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ");
