import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { db } from "@/db/client";
import { seedCatalog } from "@/db/seed/catalog";
import { makeBrand } from "@/features/admin/service";
import { createKey, revokeKey } from "@/features/keys/service";
import { setCap } from "@/features/metering/caps/service";
import type { CustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";

/** Calls over HTTP for tests of the contract, and brands to make them with. Knows no test runner. */

/** One thing the contract says, tried on whatever serves it at `base`. Throws where it is broken. */
export interface ContractCase {
  readonly name: string;
  readonly run: (base: string) => Promise<void>;
}

export const SHOP = "https://shop.example";
const TOKENS = "/api/v1/customer/tokens";
export const CONSUME = `${TOKENS}/consume`;

/** A brand of its own, with a key of each kind. */
export interface Shop {
  readonly customerId: CustomerId;
  readonly sk: string;
  readonly pk: string;
}

let seeded: Promise<void> | undefined;

/** A brand of its own on the stores that the environment names. */
export async function open(options: { tokens?: number; plan?: string; rate?: number } = {}): Promise<Shop> {
  seeded ??= seedCatalog(db());
  await seeded;
  const tag = randomBytes(5).toString("hex");
  const brand = await makeBrand(
    metering(),
    { type: "system", id: "test" },
    {
      name: `Contract ${tag}`,
      slug: `contract-${tag}`,
      tokens: options.tokens ?? (options.plan ? 0 : 100),
      plan: options.plan ?? null,
      apps: ["vto-001", "pdc-001", "cai-001"],
      origins: [SHOP],
      rate: options.rate ?? 1_000_000,
      people: [],
    },
  );
  return { customerId: brand.customerId, sk: brand.secretKey.secret, pk: brand.publicKey.secret };
}

/** Another key of the brand; live, for consuming, and without limits unless told otherwise. */
export const keyOf = async (shop: Pick<Shop, "customerId">, over: Partial<Parameters<typeof createKey>[1]>) => {
  const ctx = { db: db(), customerId: shop.customerId, actor: { type: "system", id: "test" } } as const;
  const made = await createKey(ctx, {
    name: "k",
    kind: "sk",
    mode: "live",
    origins: [],
    scopes: ["tokens:consume"],
    appPermissions: null,
    rateLimit: 1_000_000,
    expiresAt: null,
    ...over,
  });
  return { secret: made.secret, revoke: () => revokeKey(ctx, { keyId: made.key.keyId }) };
};

/** Caps what the brand may spend a day over all apps. */
export async function capDaily(shop: Shop, daily: number): Promise<void> {
  const ctx = { db: db(), customerId: shop.customerId, actor: { type: "system", id: "test" } } as const;
  const { inForce } = await setCap(ctx, metering(), { mode: "live", scope: "*", daily, monthly: null });
  assert.ok(inForce);
}

export interface Call {
  /** Under `/api/v1/customer/tokens`; a consume unless told otherwise. */
  readonly path?: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** One call, by default a consume of the app `vto-001`. A public key comes from the shop's page. */
export async function post(base: string, call: Call): Promise<Answer> {
  const response = await fetch(`${base}${TOKENS}/${call.path ?? "consume"}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(call.key === undefined ? {} : { authorization: `Bearer ${call.key}` }),
      ...(call.key?.startsWith("ca_pk") ? { origin: SHOP } : {}),
      ...call.headers,
    },
    body: call.text ?? JSON.stringify(call.body ?? { app_id: "vto-001" }),
  });
  const text = await response.text();
  assert.ok(response.headers.get("x-request-id"), "every answer names its request");
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** What `GET …/tokens/balance` says. */
export async function balance(base: string, shop: Shop): Promise<{ balance: number; seq: number }> {
  const response = await fetch(`${base}/api/v1/customer/tokens/balance`, {
    headers: { authorization: `Bearer ${shop.sk}` },
  });
  assert.equal(response.status, 200);
  const body = (await response.json()) as { balance: number; seq: number };
  return { balance: body.balance, seq: body.seq };
}

/** A refusal in the form that every one has. */
export function isRefusal(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.body.code, code);
  assert.equal(answer.body.status, status);
  assert.equal(answer.body.request_id, answer.headers.get("x-request-id"));
  for (const field of ["type", "title", "detail"]) assert.equal(typeof answer.body[field], "string");
}
