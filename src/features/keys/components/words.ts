import type { KeyView } from "../contract";
import type { Grace, Scope } from "../rules";

/** What a key of each kind is for, in a brand manager's words. */
export const KINDS: Record<KeyView["kind"], { name: string; purpose: string }> = {
  pk: { name: "Public", purpose: "for your shop’s pages" },
  sk: { name: "Secret", purpose: "for your servers" },
};

export const MODES: Record<KeyView["mode"], { name: string; note: string }> = {
  live: { name: "Live", note: "Spends your tokens" },
  test: { name: "Test", note: "Spends 10,000 test tokens a month, never yours" },
};

/** How long a key that was replaced works on. */
export const GRACE_WORDS: Record<Grace, string> = { "1h": "1 hour", "24h": "24 hours", "7d": "7 days" };

/** What a key's tokens are called after their number: those of a test key are the sandbox's. */
export const tokensOf = (mode: KeyView["mode"], count: number): string =>
  `${mode === "test" ? "sandbox " : ""}${count === 1 ? "token" : "tokens"}`;

/** What each scope lets a secret key do. */
export const SCOPE_WORDS: Record<Scope, string> = {
  "tokens:consume": "Spend tokens, and read the balance, usage and ledger",
  "apps:read": "Read apps and their configuration",
  "apps:activate": "Turn apps on and off, and configure them",
  "billing:manage": "Manage the plan, packs and invoices",
};

/** Whether a key opens anything at this moment. `now` in milliseconds. */
export function statusOf(key: Pick<KeyView, "revokedAt" | "expiresAt">, now: number): "active" | "expired" | "revoked" {
  if (key.revokedAt) return "revoked";
  return key.expiresAt && Date.parse(key.expiresAt) <= now ? "expired" : "active";
}

/** The scopes, the one most keys are made for first. */
export const SCOPE_ORDER: readonly Scope[] = ["tokens:consume", "apps:read", "apps:activate", "billing:manage"];

/** True where every word of the search stands somewhere in what the table shows of the key. */
export function matches(key: KeyView, search: string): boolean {
  const shown = [
    key.name,
    key.keyId,
    key.lastFour,
    KINDS[key.kind].name,
    MODES[key.mode].name,
    key.revokedAt ? "revoked" : "",
    ...key.origins,
    ...key.scopes,
    ...(key.appPermissions ?? ["all apps"]),
  ]
    .join("\n")
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => shown.includes(word));
}
