import type { z } from "zod";
import { type ParsedKey, parseApiKey } from "@/lib/api-key";
import { clientAddress } from "@/lib/client-address";
import type { ProblemCode } from "@/lib/errors";
import { type AccountId, accountOf, mintCustomerId } from "@/lib/ids";
import { type Answer, problemAnswer, saneRequestId } from "@/lib/problem";
import { wrongValue } from "@/lib/wrong-value";
import { idempotencyKey } from "../edge/contract";

/** A request as any host can give it: what the metering handlers read of it, and no more. */
export interface Incoming {
  /** A header's value by its lower-case name; null where it was not sent. */
  readonly header: (name: string) => string | null;
  /**
   * The body as text. `too_large` past `most` bytes; `broken` where it ended early or is no UTF-8. Must not throw.
   */
  readonly body: (most: number) => Promise<{ readonly text: string } | "too_large" | "broken">;
}

const MAX_BODY_BYTES = 64 * 1024;
/** An `Origin` header that a browser may have sent. */
export const WELL_FORMED_ORIGIN = /^https?:\/\/[a-z0-9_.[\]:-]{1,253}$/;
const BEARER = /^Bearer +(ca_[0-9A-Za-z_]{1,120})$/i;

/** A Web request as the handlers read it. */
export function fromRequest(request: Request): Incoming {
  return {
    header: (name) => request.headers.get(name),
    body: async (most) => {
      try {
        if (Number(request.headers.get("content-length") ?? 0) > most) return "too_large";
        if (!request.body) return { text: "" };
        const reader = request.body.getReader();
        const chunks: Uint8Array[] = [];
        let size = 0;
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          size += value.byteLength;
          if (size > most) {
            await reader.cancel();
            return "too_large";
          }
          chunks.push(value);
        }
        const all = chunks.length === 1 ? (chunks[0] as Uint8Array) : new Uint8Array(size);
        if (chunks.length > 1) {
          let at = 0;
          for (const chunk of chunks) {
            all.set(chunk, at);
            at += chunk.byteLength;
          }
        }
        return { text: new TextDecoder("utf-8", { fatal: true }).decode(all) };
      } catch {
        return "broken";
      }
    },
  };
}

/** Why a request was refused before the store was asked. */
export interface Refused {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** A value against its schema; what does not fit is named. */
export function readValue<T>(raw: unknown, schema: z.ZodType<T>): { readonly value: T } | Refused {
  const parsed = schema.safeParse(raw, { error: wrongValue });
  if (parsed.success) return { value: parsed.data };
  const errors = parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
  const first = errors[0];
  return {
    code: "invalid_request",
    detail: first?.path ? `${first.path}: ${first.message}` : (first?.message ?? "The body does not fit."),
    errors,
  };
}

/**
 * A request as far as it can be judged without the store: size, content type, JSON, schema, `Idempotency-Key`, in the
 * contract's order. Where `optional` is true, no body at all is an empty object.
 */
export async function readRequest<T>(
  request: Incoming,
  schema: z.ZodType<T>,
  optional = false,
): Promise<{ readonly body: T; readonly givenKey: string | null } | Refused> {
  const read = await request.body(MAX_BODY_BYTES);
  if (read === "too_large") return { code: "payload_too_large", detail: "A request may be at most 64 KiB." };
  if (read === "broken")
    return { code: "invalid_request", detail: "The body broke off before its end, or is not UTF-8." };
  const type = request.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  const nothing = optional && read.text === "";
  if (type !== "application/json" && !nothing) {
    return { code: "unsupported_media_type", detail: "Send Content-Type: application/json." };
  }
  let raw: unknown = {};
  if (!nothing) {
    try {
      raw = JSON.parse(read.text);
    } catch {
      return { code: "invalid_request", detail: "The body is not valid JSON." };
    }
  }
  const fits = readValue(raw, schema);
  if ("code" in fits) return fits;
  const givenKey = request.header("idempotency-key");
  if (givenKey !== null && !idempotencyKey.safeParse(givenKey).success) {
    return { code: "invalid_request", detail: "Idempotency-Key must be 1 to 255 visible ASCII characters." };
  }
  return { body: fits.value, givenKey };
}

/** Who calls, read from the request and proven only by the key's record. */
export interface Caller {
  readonly key: string;
  readonly kind: ParsedKey["kind"];
  readonly mode: ParsedKey["mode"];
  readonly customerId: string;
  readonly partition: number;
  readonly account: AccountId;
  /** The `Origin` header, '' where it is absent. */
  readonly origin: string;
  /** What the script is told of where the request came from: `p` and a well-formed origin, `s`, or `sb` from a browser. */
  readonly from: string;
  readonly address: string;
  readonly agent: string | undefined;
}

/** The key in `Authorization: Bearer …` and where it came from; null where there is none of our form. */
export function readCaller(request: Incoming): Caller | null {
  const key = BEARER.exec(request.header("authorization") ?? "")?.[1];
  const parsed = key ? parseApiKey(key) : null;
  if (!key || !parsed) return null;
  const origin = request.header("origin");
  const browser = origin !== null || request.header("sec-fetch-site") !== null;
  const wellFormed = origin !== null && WELL_FORMED_ORIGIN.test(origin) ? origin : "";
  return {
    key,
    kind: parsed.kind,
    mode: parsed.mode,
    customerId: parsed.customerId,
    partition: parsed.partition,
    // The script looks the key up by its HMAC: whatever it then finds belongs to the customer named in the key's text.
    account: accountOf(mintCustomerId(parsed.customerId), parsed.mode),
    origin: origin ?? "",
    from: parsed.kind === "pk" ? `p${wellFormed}` : browser ? "sb" : "s",
    address: clientAddress({ get: request.header }) ?? "",
    agent: request.header("user-agent") ?? undefined,
  };
}

/** Refusals that come before the caller's origin is known to be one of the key's. */
const BEFORE_ORIGIN = new Set<string>(["invalid_api_key", "origin_not_allowed", "secret_key_in_browser"]);

const EXPOSED = "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Key, Idempotent-Replayed";

/** Headers by which a page may read the answer, where the script has found its origin to be one of the key's. */
export const corsHeaders = (caller: Caller, code: string): Record<string, string> =>
  caller.kind === "pk" && !BEFORE_ORIGIN.has(code)
    ? { "Access-Control-Allow-Origin": caller.origin, "Access-Control-Expose-Headers": EXPOSED }
    : {};

const DETAILS: Partial<Record<ProblemCode, string>> = {
  invalid_api_key: "Send a key of yours as `Authorization: Bearer ca_…`. It may be mistyped, expired or revoked.",
  secret_key_in_browser: "This secret key came from a browser. Revoke it, and use a public key (ca_pk_…) in pages.",
  origin_not_allowed: "Add this page's origin (scheme, host and port) to the key's allowed origins.",
  insufficient_scope: "This key needs the scope tokens:consume.",
  forbidden: "A public key may only consume tokens and open widgets. Use a secret key from your server.",
  idempotency_key_reused: "This Idempotency-Key came before with another request. Use a new key for a new use.",
  app_not_found: "There is no app with this id or slug.",
  app_not_permitted: "This key does not cover the app. Add it to the key's apps.",
  app_not_active: "Turn the app on in Connected Apps; it is not activated, paused or no longer offered.",
  amount_not_allowed: "Leave tokens_consumed out: this app is charged at its list price.",
  reservation_closed: "This reservation was resolved otherwise before, or its time was over and it released itself.",
  reservation_not_found: "There is no reservation with this id.",
  metering_unavailable: "Nothing was debited by this attempt. Try again in a moment.",
  outcome_unknown: "Whether tokens were debited is not known. Send the same request with the same Idempotency-Key.",
};

/**
 * A refusal in our words, unless better ones are given. `Retry-After` is set where trying again may help, and a 401 says
 * how to prove who one is, as HTTP wants it (RFC 9110, 11.6.1).
 */
export function refusal(
  code: ProblemCode,
  requestId: string,
  options: { detail?: string; headers?: Record<string, string>; more?: Record<string, unknown> } = {},
): Answer {
  const usual: Record<string, string> =
    code === "metering_unavailable" || code === "outcome_unknown"
      ? { "Retry-After": "2" }
      : code === "invalid_api_key"
        ? { "WWW-Authenticate": "Bearer" }
        : {};
  return problemAnswer(code, options.detail ?? DETAILS[code] ?? "", {
    requestId,
    headers: { Vary: "Origin", ...usual, ...options.headers },
    ...(options.more ? { more: options.more } : {}),
  });
}

/** A refusal of what was read. */
export const refusedAs = (refused: Refused, requestId: string): Answer =>
  refusal(refused.code, requestId, {
    detail: refused.detail,
    ...(refused.errors ? { more: { errors: refused.errors } } : {}),
  });

/** The refusal of a request without a key of our form. */
export const noKey = (requestId: string): Answer => refusal("invalid_api_key", requestId);

/** True for a code that we have words for: one of the contract's refusals. */
const isRefusal = (code: string): code is ProblemCode => code in DETAILS;

/**
 * What the script said where it is not `ok`, as the contract's refusal. A code that is not one of the contract's says
 * that nothing was done.
 */
export function refusedByScript(
  reply: readonly string[],
  requestId: string,
  kind: "pk" | "sk",
  headers: Record<string, string>,
): Answer {
  const [code = "", , , ...rest] = reply;
  if (code === "rate_limited") {
    const [seconds = "1", whose] = rest;
    return refusal(code, requestId, {
      detail: `The ${whose === "key" ? "key's" : "brand's"} limit is reached. Try again in ${seconds} seconds.`,
      headers: { ...headers, "Retry-After": seconds },
    });
  }
  if (code === "insufficient_tokens") {
    const [required = "0", available = "0"] = rest;
    return refusal(code, requestId, {
      detail: "The balance does not cover this use. Buy a token pack or upgrade the plan.",
      headers,
      more: { tokens_required: Number(required), ...(kind === "sk" ? { tokens_remaining: Number(available) } : {}) },
    });
  }
  if (code === "spend_cap_reached") {
    const [scope, period, limit] = rest;
    const whose = scope === "*" ? "all apps" : "this app";
    return refusal(code, requestId, {
      detail: `Your own cap of ${limit} tokens a ${period} for ${whose} is reached. Raise it in Connected Apps.`,
      headers,
    });
  }
  return refusal(isRefusal(code) ? code : "metering_unavailable", requestId, { headers });
}

/** The id under which a request is answered and logged. */
export const idOf = (request: Incoming): string => saneRequestId(request.header("x-request-id"));

/**
 * A preflight. It carries no key, so it cannot be judged: any well-formed origin may ask, and the `POST` decides.
 */
export function preflight(request: Incoming): Answer {
  const origin = request.header("origin") ?? "";
  return {
    status: 204,
    body: null,
    headers: {
      "X-Request-Id": idOf(request),
      Vary: "Origin, Access-Control-Request-Headers",
      ...(WELL_FORMED_ORIGIN.test(origin)
        ? {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Request-Id",
            "Access-Control-Max-Age": "7200",
          }
        : {}),
    },
  };
}
