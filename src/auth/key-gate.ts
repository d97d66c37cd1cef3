import { db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { findKeyByHmac } from "@/features/keys/queries";
import { keyStatus, type Scope } from "@/features/keys/rules";
import { hmacApiKey, parseApiKey } from "@/lib/api-key";
import { throttleAddress } from "@/lib/client-address";
import { env } from "@/lib/env";
import { type ProblemCode, Refusal } from "@/lib/errors";
import { type CustomerId, type Mode, mintCustomerId } from "@/lib/ids";

const BEARER = /^Bearer +(ca_[0-9A-Za-z_]{1,120})$/i;

/** Whose bucket a call is counted in. */
export interface Counted {
  readonly scope: "customer" | "address";
  readonly id: string;
}

/**
 * Whose calls these are, where no key is asked for: the brand's with a secret key in force, else the address's. A public key
 * stands in the shop's page, and whoever reads it there could use up the brand's own calls. Grants nothing.
 */
export async function whoIsCounted(request: Request): Promise<Counted> {
  const text = BEARER.exec(request.headers.get("authorization") ?? "")?.[1];
  if (text && parseApiKey(text)?.kind === "sk") {
    const row = await findKeyByHmac(db(), hmacApiKey(text, env().API_KEY_PEPPER));
    if (row && keyStatus(row, new Date()) === "active") return { scope: "customer", id: row.customerId };
  }
  return byAddress(request);
}

/** Whose calls these are by the address alone, whatever key they carry. */
export const byAddress = (request: Request): Counted => ({ scope: "address", id: throttleAddress(request.headers) });

/** Who calls the API with a secret key: the tenant it belongs to and the account it acts on. */
export interface KeyCaller {
  readonly ctx: Ctx;
  readonly mode: Mode;
  /** Catalog ids the key covers; null for all. */
  readonly apps: readonly string[] | null;
}

/**
 * The gate of every REST route that takes a secret key: it alone mints the tenant for them.
 * @throws Refusal `invalid_api_key`, `forbidden` for a public key, `secret_key_in_browser`, `insufficient_scope`
 */
export async function requireSecretKey(request: Request, scope: Scope): Promise<KeyCaller> {
  const text = BEARER.exec(request.headers.get("authorization") ?? "")?.[1];
  const refused = () =>
    new Refusal(
      "invalid_api_key",
      "Send a secret key of yours as `Authorization: Bearer ca_sk_…`. It may be mistyped, expired or revoked.",
    );
  if (!text || !parseApiKey(text)) throw refused();
  const row = await findKeyByHmac(db(), hmacApiKey(text, env().API_KEY_PEPPER));
  if (!row || keyStatus(row, new Date()) !== "active") throw refused();
  if (row.kind !== "sk")
    throw new Refusal(
      "forbidden",
      "A public key may only consume tokens and open widgets. Use a secret key from your server.",
    );
  if (request.headers.has("origin") || request.headers.has("sec-fetch-site")) {
    throw new Refusal(
      "secret_key_in_browser",
      "This secret key came from a browser. Revoke it, and use a public key (ca_pk_…) in pages.",
    );
  }
  if (!row.scopes.includes(scope)) throw new Refusal("insufficient_scope", `This key needs the scope ${scope}.`);
  return {
    ctx: { db: db(), customerId: mintCustomerId(row.customerId), actor: { type: "key", id: row.keyId } },
    mode: row.mode,
    apps: row.appPermissions,
  };
}

/** A shop's page: the tenant its public key belongs to, and the origin that key has vouched for. */
export interface PageCaller extends KeyCaller {
  readonly origin: string;
  readonly publicKey: string;
}

/** What a real key was refused for, with whose it is: an installation check can tell its owner. */
export class PageRefusal extends Refusal {
  readonly customerId: CustomerId;
  constructor(code: ProblemCode, detail: string, customerId: CustomerId) {
    super(code, detail);
    this.customerId = customerId;
  }
}

/**
 * The gate of the widgets' routes, which take a public key from a page of its origins, as consume does.
 * @param text the key, wherever the request carries it
 * @throws Refusal `invalid_api_key`, `secret_key_in_browser` or `forbidden` for a secret key, PageRefusal `origin_not_allowed`
 */
export async function requirePublicKey(text: string, origin: string | null): Promise<PageCaller> {
  const refused = () =>
    new Refusal("invalid_api_key", "Send a public key of yours (ca_pk_…). It may be mistyped, expired or revoked.");
  if (!parseApiKey(text)) throw refused();
  const row = await findKeyByHmac(db(), hmacApiKey(text, env().API_KEY_PEPPER));
  if (!row || keyStatus(row, new Date()) !== "active") throw refused();
  if (row.kind !== "pk") {
    throw new Refusal(
      origin === null ? "forbidden" : "secret_key_in_browser",
      "A secret key opens no widget. Revoke it if it stood in a page, and use a public key (ca_pk_…) there.",
    );
  }
  const customerId = mintCustomerId(row.customerId);
  if (origin === null || !row.origins.includes(origin)) {
    throw new PageRefusal(
      "origin_not_allowed",
      "Add this page's origin (scheme, host and port) to the key's allowed origins.",
      customerId,
    );
  }
  const actor = { type: "key", id: row.keyId } as const;
  return { ctx: { db: db(), customerId, actor }, mode: row.mode, origin, publicKey: text, apps: row.appPermissions };
}
