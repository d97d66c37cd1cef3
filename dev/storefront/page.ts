/** What the page needs to know about the local stack; absent until the stack is up. */
export interface ShopConfig {
  readonly appUrl: string;
  readonly publicKey: string;
}

const FRAMES = [
  {
    id: "frame-halden",
    name: "Halden",
    note: "Acetate, smoke grey",
    price: "$148.00",
    lens: "M10 22h44q5 0 4 6a26 24 0 0 1-52 0q-1-6 4-6z",
    bridge: "M58 28q22-12 44 0M6 27 0 22M154 27l6-5",
  },
  {
    id: "frame-aurora",
    name: "Aurora",
    note: "Titanium, brushed teal",
    price: "$212.00",
    lens: "M34 15a21 21 0 1 1 0 42 21 21 0 0 1 0-42z",
    bridge: "M54 30q26-14 52 0M14 29 2 22M146 29l12-7",
  },
] as const;

/** The apps in this shop, each an element that the loader fills. Until then, and without it, the shop is whole. */
const APPS = [
  { slug: "virtual-try-on", label: "Try it on", noun: "Try-on" },
  { slug: "pd-calculator", label: "Measure PD", noun: "PD measurement" },
] as const;

const drawing = ({ lens, bridge }: { lens: string; bridge: string }): string =>
  `<svg viewBox="0 0 160 72" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" stroke-width="4">
    <path d="${lens}"/><path d="${lens}" transform="translate(160 0) scale(-1 1)"/>
    <path d="${bridge}"/>
  </svg>`;

/** Text for a quoted attribute: nothing in it can end it. */
const attribute = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** The one line a brand pastes into its shop. */
const embedLine = ({ appUrl, publicKey }: ShopConfig): string =>
  `<script async src="${attribute(appUrl)}/v1/embed.js" data-key="${attribute(publicKey)}"></script>`;

/** The sample shop's one page. Everything that is not a constant of this file reaches it as data. */
export function shopPage(config: ShopConfig | undefined): string {
  const frames = FRAMES.map(
    (frame, index) => `<li><label class="frame">
      <input type="radio" name="frame" value="${frame.id}"${index === 0 ? " checked" : ""}>
      <span class="drawing">${drawing(frame)}</span>
      <span class="name">${frame.name}</span><span class="price">${frame.price}</span>
      <span class="note">${frame.note}</span>
    </label></li>`,
  ).join("");
  const apps = APPS.map(
    (app) =>
      `<varai-app app="${app.slug}" sku="${FRAMES[0].id}" label="${app.label}" data-noun="${app.noun}"></varai-app>`,
  ).join("");
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Northlight Optics</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/shop.css">
  <script type="module" src="/shop.mjs"></script>
  ${config ? embedLine(config) : ""}
</head>
<body>
  <header><span class="brand">Northlight Optics</span><span class="aside">Sample storefront</span></header>
  <main>
    <h1>Frames for long winters</h1>
    <p class="lead">Two frames, made to order. See how they sit before you decide.</p>
    <fieldset><legend>Choose a frame</legend><ul class="frames">${frames}</ul></fieldset>
    <section aria-labelledby="fitting">
      <h2 id="fitting">Fitting</h2>
      <div class="actions">${apps}</div>
      <p id="outcome" role="status" aria-live="polite"></p>
    </section>
    <section aria-labelledby="order" class="order">
      <h2 id="order">Order</h2>
      <p>Delivery in eight days. <span id="basket">Your basket is empty.</span></p>
      <button type="button" id="add" class="main">Add to basket</button>
    </section>
  </main>
  <footer>
    <p>This page stands in for a brand's shop. What was opened stays paid for this visit: a reload costs nothing.</p>
    <button type="button" id="new-shopper">New shopper</button>
  </footer>
</body>
</html>
`;
}
