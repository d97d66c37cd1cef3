import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A guide for brands and their developers, kept as Markdown in docs/. */
export interface Guide {
  readonly slug: string;
  readonly file: string;
  readonly title: string;
  readonly about: string;
}

export const GUIDES: readonly Guide[] = [
  {
    slug: "quick-start",
    file: "guides/quick-start.md",
    title: "Quick start",
    about: "From nothing to a spent token in five minutes.",
  },
  {
    slug: "apps",
    file: "apps.md",
    title: "Apps",
    about: "Turning apps on, what a plan opens, and how they are configured.",
  },
  {
    slug: "embedding",
    file: "guides/embedding.md",
    title: "Embedding",
    about: "The code for plain HTML, Shopify, WooCommerce, React and Google Tag Manager.",
  },
  {
    slug: "products",
    file: "guides/products.md",
    title: "Products",
    about: "Bringing in what you sell, its pictures, and finding frames in the shop.",
  },
  {
    slug: "widgets",
    file: "widgets.md",
    title: "Widgets",
    about: "The element's attributes and events, and what happens between shop, window and us.",
  },
  {
    slug: "billing",
    file: "guides/billing.md",
    title: "Plans, packs and billing",
    about: "What you pay, what you get for it, and what happens when tokens or a payment run out.",
  },
  {
    slug: "alerts",
    file: "guides/alerts.md",
    title: "Alerts",
    about: "Being told before tokens run out, in the app, by mail and in chat rooms.",
  },
  {
    slug: "analytics",
    file: "guides/analytics.md",
    title: "Advanced Analytics",
    about: "From an opened app to the basket: what is counted, the shop's one line, and reports by mail.",
  },
  {
    slug: "webhooks",
    file: "guides/webhooks.md",
    title: "Webhooks",
    about: "What your servers are told, how to check that it is ours, and what happens when they do not answer.",
  },
  {
    slug: "team",
    file: "guides/team.md",
    title: "Team",
    about: "Roles, invitations, signing in, and the log of who did what.",
  },
  {
    slug: "troubleshooting",
    file: "guides/troubleshooting.md",
    title: "Troubleshooting",
    about: "What may go wrong, why, and what to do. Questions that are asked often.",
  },
];

/** A guide's text. Read when the site is built. */
export const textOf = (guide: Guide): string => readFileSync(join(process.cwd(), "docs", guide.file), "utf8");
