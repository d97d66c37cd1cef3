import { createHash } from "node:crypto";
import type Stripe from "stripe";
import type { z } from "zod";
import { catalogRoutes } from "./api/catalog";
import { checkoutRoutes } from "./api/checkout";
import { customerRoutes } from "./api/customers";
import { eventRoutes } from "./api/events";
import { invoiceItemRoutes } from "./api/invoice-items";
import { invoiceRoutes } from "./api/invoices";
import { moneyRoutes } from "./api/money";
import { paymentIntentRoutes } from "./api/payment-intents";
import { paymentMethodRoutes } from "./api/payment-methods";
import { portalRoutes } from "./api/portal";
import { setupIntentRoutes } from "./api/setup-intents";
import { subscriptionRoutes } from "./api/subscriptions";
import { testClockRoutes } from "./api/test-clocks";
import { expanded } from "./expand";
import { invalid, StripeFailure } from "./failure";
import { type FormValue, readForm } from "./form";
import type { Route } from "./route";
import { letters } from "./store";
import { API_VERSION, type World } from "./world";

export const ROUTES: readonly Route[] = [
  ...catalogRoutes,
  ...checkoutRoutes,
  ...customerRoutes,
  ...eventRoutes,
  ...invoiceItemRoutes,
  ...invoiceRoutes,
  ...moneyRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...portalRoutes,
  ...setupIntentRoutes,
  ...subscriptionRoutes,
  ...testClockRoutes,
];

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly version: string | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string>;
}

/** Told of each request that was understood, each answer and each event, to hold them against the SDK's types. */
export interface Witness {
  sent(event: Stripe.Event): void;
  asked(route: Route, input: unknown): void;
  answered(route: Route, answer: unknown): void;
}

interface Remembered {
  readonly print: string;
  readonly status: number;
  readonly body: unknown;
  readonly at: number;
}

/** A request as a developer looks it up afterwards. */
export interface Logged {
  readonly id: string;
  readonly at: string;
  readonly request: string;
  readonly idempotency_key: string | null;
  readonly status: number;
  readonly replayed: boolean;
}

const DAY_MS = 86_400_000;
const LOGGED = 500;

/** The API: authorization, idempotency, the route, and the answer. Everything in it happens at once. */
export class Api {
  readonly #remembered = new Map<string, Remembered>();
  /** The latest requests, the oldest first. */
  readonly log: Logged[] = [];

  constructor(
    readonly world: World,
    readonly secretKey: string,
    public witness?: Witness,
  ) {}

  handle(request: ApiRequest): ApiAnswer {
    const answer = this.#handle(request);
    this.log.push({
      id: answer.headers["request-id"] ?? "",
      at: new Date().toISOString(),
      request: `${request.method} ${request.path}`,
      idempotency_key: request.idempotencyKey ?? null,
      status: answer.status,
      replayed: answer.headers["idempotent-replayed"] !== undefined,
    });
    if (this.log.length > LOGGED) this.log.shift();
    return answer;
  }

  #handle(request: ApiRequest): ApiAnswer {
    const requestId = `req_${letters(14)}`;
    const headers: Record<string, string> = { "request-id": requestId };
    try {
      this.#authorize(request.authorization);
      if (request.version !== undefined && request.version !== API_VERSION)
        throw invalid(`Invalid Stripe API version: ${request.version}. The stand-in speaks ${API_VERSION} only.`);
      if (request.idempotencyKey) headers["idempotency-key"] = request.idempotencyKey;
      const before = this.#replay(request);
      if (before)
        return { status: before.status, body: before.body, headers: { ...headers, "idempotent-replayed": "true" } };
      this.world.request = { id: requestId, idempotencyKey: request.idempotencyKey ?? null };
      const answer = this.#answer(request);
      this.#remember(request, answer);
      return { ...answer, headers };
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error;
      return { status: error.status, body: error.body, headers };
    } finally {
      this.world.request = undefined;
    }
  }

  clear(): void {
    this.#remembered.clear();
    this.log.length = 0;
  }

  #authorize(header: string | undefined): void {
    const key = /^Bearer (.+)$/.exec(header ?? "")?.[1] ?? "";
    if (key === "")
      throw new StripeFailure(
        401,
        "invalid_request_error",
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
      );
    if (/^(?:sk|rk)_live_/.test(key))
      throw new StripeFailure(
        401,
        "invalid_request_error",
        "This is a stand-in: it takes no live key. Take that key out.",
      );
    if (key !== this.secretKey)
      throw new StripeFailure(401, "invalid_request_error", `Invalid API Key provided: ${key.slice(0, 8)}****`);
  }

  #answer(request: ApiRequest): { status: number; body: unknown } {
    const found = ROUTES.filter((one) => one.method === request.method)
      .map((one) => ({ one, match: one.pattern.exec(request.path) }))
      .find(({ match }) => match);
    if (!found?.match)
      throw new StripeFailure(
        404,
        "invalid_request_error",
        `Unrecognized request URL (${request.method}: ${request.path}). The stand-in has no such route.`,
      );
    const form = readForm([request.query, request.body].filter(Boolean).join("&"));
    try {
      const input = understood(found.one, form);
      this.witness?.asked(found.one, input);
      const result = found.one.run(this.world, input, found.match.slice(1).map(decodeURIComponent));
      const body = expanded(this.world, result, (input as { expand?: string[] }).expand);
      this.witness?.answered(found.one, body);
      this.world.store.onChange();
      return { status: 200, body };
    } catch (error) {
      // A refused card has left its traces, and a second try with the same key must not charge again.
      if (error instanceof StripeFailure) return { status: error.status, body: JSON.parse(JSON.stringify(error.body)) };
      throw error;
    }
  }

  #print = ({ method, path, query, body }: ApiRequest): string =>
    createHash("sha256").update(`${method} ${path}?${query}\n${body}`).digest("base64");

  #replay(request: ApiRequest): Remembered | undefined {
    if (!request.idempotencyKey || request.method !== "POST") return undefined;
    const before = this.#remembered.get(request.idempotencyKey);
    if (!before || Date.now() - before.at > DAY_MS) return undefined;
    if (before.print !== this.#print(request))
      throw new StripeFailure(
        400,
        "idempotency_error",
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${request.idempotencyKey}' if you meant to execute a different request.`,
      );
    return before;
  }

  /** As with Stripe, only what got as far as being carried out is kept: a request that was not understood is not. */
  #remember(request: ApiRequest, { status, body }: { status: number; body: unknown }): void {
    if (!request.idempotencyKey || request.method !== "POST" || status === 400 || status === 404) return;
    this.#remembered.set(request.idempotencyKey, { print: this.#print(request), status, body, at: Date.now() });
  }
}

/** @throws StripeFailure 400 in Stripe's words for the first thing that is wrong */
function understood(route: Route, form: Record<string, FormValue>): unknown {
  const parsed = route.params.safeParse(form);
  if (parsed.success) return parsed.data;
  throw wrongParameter(parsed.error.issues, form);
}

function wrongParameter(
  issues: readonly z.core.$ZodIssue[],
  form: unknown,
  above: readonly PropertyKey[] = [],
): StripeFailure {
  const [issue] = issues;
  if (!issue) return invalid("Invalid request.");
  const path = [...above, ...issue.path];
  const name = inBrackets(path);
  if (issue.code === "unrecognized_keys") {
    const unknown = inBrackets([...path, issue.keys[0] ?? ""]);
    return invalid(`Received unknown parameter: ${unknown}`, unknown, "parameter_unknown");
  }
  if (issue.code === "invalid_union") {
    // The alternative that got furthest says most.
    const inner = issue.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
    if (inner && inner.length > 0) return wrongParameter(inner, form, path);
  }
  const given = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], form);
  if (given === undefined) return invalid(`Missing required param: ${name}.`, name, "parameter_missing");
  return invalid(`Invalid ${name}: ${issue.message}`, name);
}

const inBrackets = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (at === 0 ? String(part) : `[${String(part)}]`)).join("");
