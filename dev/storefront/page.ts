import { type DemoFrame, FRAMES } from "@/cli/demo/frames";

/** What the page needs to know about the local stack; absent until the stack is up. */
export interface ShopConfig {
  readonly appUrl: string;
  readonly publicKey: string;
}

/** The apps in this shop, each an element that the loader fills. Until then, and without it, the shop is whole. */
const APPS = [
  { slug: "frame-finder", label: "Find a frame", noun: "Frame Finder" },
  { slug: "virtual-try-on", label: "Try it on", noun: "Try-on" },
  { slug: "pd-calculator", label: "Measure PD", noun: "PD measurement" },
] as const;

/** Text for a quoted attribute: nothing in it can end it. */
const attribute = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** The one line a brand pastes into its shop. */
const embedLine = ({ appUrl, publicKey }: ShopConfig): string =>
  `<script async src="${attribute(appUrl)}/v1/embed.js" data-key="${attribute(publicKey)}"></script>`;

const begin = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const noteOf = ({ material, colour }: DemoFrame): string => `${begin(material)}, ${colour}`;

const tile = (frame: DemoFrame, chosen: DemoFrame): string => `<li><a class="frame" href="/frames/${frame.slug}"${
  frame === chosen ? ' aria-current="true"' : ""
}>
      <img src="/frames/${frame.slug}.svg" alt="" width="180" height="100" loading="lazy">
      <span class="name">${frame.name}</span><span class="price">$${frame.price}.00</span>
      <span class="note">${noteOf(frame)}</span>
    </a></li>`;

/** The sample shop with one of its frames chosen. Everything that is not a constant of ours reaches it as data. */
export function shopPage(config: ShopConfig | undefined, slug?: string): string {
  const chosen = FRAMES.find((frame) => frame.slug === slug) ?? (FRAMES[0] as DemoFrame);
  const apps = APPS.map(
    (app) =>
      `<varai-app app="${app.slug}" sku="${chosen.sku}" label="${app.label}" data-noun="${app.noun}"></varai-app>`,
  ).join("");
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${slug ? `${chosen.name} · ` : ""}Northlight Optics</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/shop.css">
  <script type="module" src="/shop.mjs"></script>
  ${config ? embedLine(config) : ""}
</head>
<body>
  <header><a class="brand" href="/">Northlight Optics</a><span class="aside">Sample storefront</span></header>
  <main>
    <h1>${slug ? chosen.name : "Frames for long winters"}</h1>
    <p class="lead">${slug ? chosen.description : `${FRAMES.length} frames, made to order. See how they sit before you decide.`}</p>
    <section class="chosen" aria-label="Chosen frame">
      <img src="/frames/${chosen.slug}.svg" alt="${chosen.name}: ${noteOf(chosen)}" width="360" height="200">
      <div>
        <p class="name">${chosen.name}</p>
        <p class="note">${noteOf(chosen)} · ${chosen.lens}□${chosen.bridge}–${chosen.temple} · ${chosen.weight} g</p>
        <p class="price">$${chosen.price}.00</p>
        <button type="button" id="add" class="main" data-sku="${chosen.sku}">Add to basket</button>
        <p id="basket" class="note">Your basket is empty.</p>
      </div>
    </section>
    <section aria-labelledby="fitting">
      <h2 id="fitting">Find and fit</h2>
      <div class="actions">${apps}</div>
      <p id="outcome" role="status" aria-live="polite"></p>
    </section>
    <section aria-labelledby="all">
      <h2 id="all">All frames</h2>
      <ul class="frames">${FRAMES.map((frame) => tile(frame, chosen)).join("")}</ul>
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
