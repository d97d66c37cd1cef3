/** The kinds of things that are done, by the first word of an action, with what a person calls them. */
export const AREAS = {
  session: "Sign-ins",
  person: "People",
  invitation: "Invitations",
  brand: "Brand",
  key: "API keys",
  app: "Apps",
  caps: "Spend caps",
  plan: "Plan",
  subscription: "Subscription",
  billing: "Billing details",
  purchase: "Purchases",
  overage: "When tokens run out",
  top_up: "Top-ups",
  tokens: "Tokens",
  account: "Token account",
  letter: "Corrections",
  report: "Reports",
  product: "Products",
  products: "Product imports",
  webhook: "Webhooks",
  alert: "Alerts",
  alerts: "Alert settings",
  chat_room: "Chat rooms",
  delivery: "Deliveries",
  support: "Support",
  banner: "Banners",
  catalogue: "Catalogue",
  flag: "Feature flags",
} as const satisfies Record<string, string>;
export type Area = keyof typeof AREAS;

/** An action as a sentence without its subject: `key.created` is "API keys: created". */
export function actionWords(action: string): { readonly area: string; readonly verb: string } {
  const [first = "", ...rest] = action.split(".");
  const known: string | undefined = AREAS[first as Area];
  return { area: known ?? plain(first), verb: plain(rest.join(" ")) };
}

const plain = (text: string): string => {
  const words = text.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What changed, in one line: `role: viewer → admin` or `name: Online shop, kind: pk`. */
export function detailWords(details: Readonly<Record<string, unknown>>): string {
  const { from, to, ...rest } = details;
  const change = typeof from === "string" && typeof to === "string" ? [`${from} → ${to}`] : [];
  const others = change.length > 0 ? rest : details;
  return [
    ...change,
    ...Object.entries(others)
      .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
      .map(([name, value]) => `${plain(name.replace(/([a-z])([A-Z])/g, "$1 $2")).toLowerCase()}: ${shown(value)}`),
  ].join(", ");
}

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(shown).join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};
