import { hmacApiKey, type ParsedKey, parseApiKey } from "@/lib/api-key";
import { clientAddress } from "@/lib/client-address";
import type { ProblemCode } from "@/lib/errors";
import { accountOf, mintCustomerId, uuidv7 } from "@/lib/ids";
import { json, problem, requestIdOf } from "@/lib/problem";
import {
  accountKey,
  accountName,
  accountRateKey,
  catalogKey,
  dueKey,
  keyRateKey,
  keyRecordKey,
  operationKey,
  outboxKey,
} from "../rules";
import { type ConsumeRequest, consumeRequest, idempotencyKey } from "./contract";
import { operationHash, rateHeaders, requestHash, serializeConsumed, usageDetails } from "./rules";
import { type ConsumeCall, consume, type MeterDeps } from "./service";

const MAX_BODY_BYTES = 64 * 1024;
/** How long an operation's result is kept, ms: the contract's 24 hours and one for clocks and retries at the edge of it. */
const OPERATION_LIFETIME_MS = 25 * 60 * 60 * 1000;
const WELL_FORMED_ORIGIN = /^https?:\/\/[a-z0-9_.[\]:-]{1,253}$/;

/** Refusals that come before the caller's origin is known to be one of the key's. */
const BEFORE_ORIGIN = new Set<string>(["invalid_api_key", "origin_not_allowed", "secret_key_in_browser"]);

const DETAILS: Partial<Record<ProblemCode, string>> = {
  invalid_api_key: "Send a key of yours as `Authorization: Bearer ca_…`. It may be mistyped, expired or revoked.",
  secret_key_in_browser: "This secret key came from a browser. Revoke it, and use a public key (ca_pk_…) in pages.",
  origin_not_allowed: "Add this page's origin (scheme, host and port) to the key's allowed origins.",
  insufficient_scope: "This key needs the scope tokens:consume.",
  idempotency_key_reused: "This Idempotency-Key came before with another request. Use a new key for a new use.",
  app_not_found: "There is no app with this id or slug.",
  app_not_permitted: "This key does not cover the app. Add it to the key's apps.",
  app_not_active: "Turn the app on in Connected Apps; it is not activated, paused or no longer offered.",
  amount_not_allowed: "Leave tokens_consumed out: this app is charged at its list price.",
  metering_unavailable: "Nothing was debited by this attempt. Try again in a moment.",
  outcome_unknown: "Whether tokens were debited is not known. Send the same request with the same Idempotency-Key.",
};

/** Reads a body of at most 64 KiB; null where it is larger. */
async function readBody(request: Request): Promise<string | null> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) return null;
  if (!request.body) return "";
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(all);
}

/** A request as far as it can be judged without the store, or the refusal it has earned. */
async function readRequest(
  request: Request,
): Promise<
  { body: ConsumeRequest; givenKey: string | null } | { code: ProblemCode; detail: string; errors?: unknown }
> {
  let text: string | null;
  try {
    text = await readBody(request);
  } catch {
    return { code: "invalid_request", detail: "The body broke off before its end." };
  }
  if (text === null) return { code: "payload_too_large", detail: "A request may be at most 64 KiB." };
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    return { code: "unsupported_media_type", detail: "Send Content-Type: application/json." };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { code: "invalid_request", detail: "The body is not valid JSON." };
  }
  const parsed = consumeRequest.safeParse(raw);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
    const first = errors[0];
    return {
      code: "invalid_request",
      detail: first?.path ? `${first.path}: ${first.message}` : (first?.message ?? "The body does not fit."),
      errors,
    };
  }
  const givenKey = request.headers.get("idempotency-key");
  if (givenKey !== null && !idempotencyKey.safeParse(givenKey).success) {
    return { code: "invalid_request", detail: "Idempotency-Key must be 1 to 255 visible ASCII characters." };
  }
  return { body: parsed.data, givenKey };
}

/** The key in `Authorization: Bearer …`, read but not yet proven. */
function readKey(request: Request): { text: string; parsed: ParsedKey } | null {
  const match = /^Bearer +(ca_[0-9A-Za-z_]{1,120})$/i.exec(request.headers.get("authorization") ?? "");
  const text = match?.[1];
  const parsed = text ? parseApiKey(text) : null;
  return text && parsed ? { text, parsed } : null;
}

/**
 * `POST /api/v1/customer/tokens/consume`: one use of an app, debited in one round trip to Redis.
 * Plain Web request in, response out; throws nothing.
 */
export async function handleConsume(request: Request, deps: MeterDeps): Promise<Response> {
  const requestId = requestIdOf(request);
  const refuse = (code: ProblemCode, more: { detail?: string; headers?: Record<string, string>; more?: object } = {}) =>
    problem(code, more.detail ?? DETAILS[code] ?? "", {
      requestId,
      headers: { Vary: "Origin", ...more.headers },
      more: { ...more.more },
    });

  const read = await readRequest(request);
  if ("code" in read)
    return refuse(read.code, { detail: read.detail, more: read.errors ? { errors: read.errors } : {} });
  const key = readKey(request);
  if (!key) return refuse("invalid_api_key", { headers: { "WWW-Authenticate": "Bearer" } });

  const { body, givenKey } = read;
  const { kind, mode, customerId, partition } = key.parsed;
  // The script looks the key up by its HMAC: whatever it then finds belongs to the customer named in the key's text.
  const account = accountOf(mintCustomerId(customerId), mode);
  const operationId = uuidv7(deps.now());
  // A caller that named no key of its own is told ours, so that it too can learn what became of a lost answer.
  const idempotency = givenKey ?? operationId;
  const [hmac, idempotencyHash, bodyHash] = await Promise.all([
    hmacApiKey(key.text, deps.pepper),
    operationHash(account, kind, "consume", idempotency),
    requestHash(body),
  ]);
  const address = clientAddress(request.headers) ?? "";
  const origin = request.headers.get("origin") ?? "";
  const browser = request.headers.has("origin") || request.headers.has("sec-fetch-site");
  const call: ConsumeCall = {
    keys: [
      keyRecordKey(partition, hmac),
      accountKey(account),
      catalogKey(partition),
      keyRateKey(partition, hmac),
      accountRateKey(account),
      operationKey(partition, idempotencyHash),
      outboxKey(partition),
      dueKey(partition),
    ],
    args: [
      kind,
      kind === "pk" ? (WELL_FORMED_ORIGIN.test(origin) ? origin : "") : browser ? "1" : "",
      body.app_id,
      body.tokens_consumed === undefined ? "" : String(body.tokens_consumed),
      operationId,
      bodyHash,
      accountName(account),
      idempotencyHash,
      usageDetails(body, kind, {
        address,
        agent: request.headers.get("user-agent") ?? undefined,
      }),
      String(OPERATION_LIFETIME_MS),
    ],
    wanted: { partition, hmac, customerId, mode },
    address,
  };

  const answer = await consume(deps, call);
  if (answer.kind === "refused") return refuse("metering_unavailable", { headers: { "Retry-After": "2" } });
  if (answer.kind === "lost") {
    return refuse("outcome_unknown", { headers: { "Retry-After": "2", "Idempotency-Key": idempotency } });
  }

  const [code = "", , rates = "", ...rest] = answer.reply;
  const cors: Record<string, string> =
    kind === "pk" && !BEFORE_ORIGIN.has(code)
      ? {
          "Access-Control-Allow-Origin": origin,
          "Access-Control-Expose-Headers":
            "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Key, Idempotent-Replayed",
        }
      : {};
  const headers = { ...cors, ...rateHeaders(rates) };
  if (code === "ok") {
    const [appId = "", amount = "", balance = "", unlimited, createdAt, usageId = "", replayed] = rest;
    if (replayed !== "1") deps.wake(partition);
    const text = serializeConsumed(
      { usageId, appId, amount, balance, unlimited: unlimited === "1", createdAt: Number(createdAt) },
      kind,
    );
    return json(text, 200, requestId, {
      ...headers,
      Vary: "Origin",
      ...(givenKey === null ? { "Idempotency-Key": idempotency } : {}),
      ...(replayed === "1" ? { "Idempotent-Replayed": "true" } : {}),
    });
  }
  if (code === "rate_limited") {
    const [seconds = "1", whose] = rest;
    return refuse("rate_limited", {
      detail: `The ${whose === "key" ? "key's" : "brand's"} limit is reached. Try again in ${seconds} seconds.`,
      headers: { ...headers, "Retry-After": seconds },
    });
  }
  if (code === "insufficient_tokens") {
    const [required = "0", available = "0"] = rest;
    return refuse("insufficient_tokens", {
      detail: "The balance does not cover this use. Buy a token pack or upgrade the plan.",
      headers,
      more: {
        tokens_required: Number(required),
        ...(kind === "sk" ? { tokens_remaining: Number(available) } : {}),
      },
    });
  }
  if (code in DETAILS) return refuse(code as ProblemCode, { headers });
  return refuse("metering_unavailable", { headers: { ...cors, "Retry-After": "2" } });
}

/**
 * `OPTIONS` of a consume. A preflight carries no key, so it cannot be judged: any well-formed origin may ask, and the
 * `POST` decides.
 */
export function handleConsumeOptions(request: Request): Response {
  const requestId = requestIdOf(request);
  const origin = request.headers.get("origin") ?? "";
  const allowed = WELL_FORMED_ORIGIN.test(origin);
  return new Response(null, {
    status: 204,
    headers: {
      "X-Request-Id": requestId,
      Vary: "Origin, Access-Control-Request-Headers",
      ...(allowed
        ? {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Request-Id",
            "Access-Control-Max-Age": "7200",
          }
        : {}),
    },
  });
}
