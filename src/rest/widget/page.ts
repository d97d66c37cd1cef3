import { after } from "next/server";
import { byAddress, type PageCaller, PageRefusal, requirePublicKey } from "@/auth/key-gate";
import { findCatalogId, type PublishedApp, publishedApp } from "@/features/activations/embed/queries";
import { noteInstallation, type Ping } from "@/features/activations/embed/service";
import { WELL_FORMED_ORIGIN } from "@/features/metering/http/rules";
import { Refusal } from "@/lib/errors";
import type { CustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { requestIdOf } from "@/lib/problem";
import { redis } from "@/lib/redis";
import { metering } from "../internal/metering";
import { limit } from "../limits";
import type { Told } from "../respond";

/** What the widgets' routes share: the shop's page as caller. */

/** The `Origin` header where it is a well-formed one. `Referer` never stands in for it. */
export function originOf(request: Request): string | null {
  const origin = request.headers.get("origin");
  return origin !== null && WELL_FORMED_ORIGIN.test(origin) ? origin : null;
}

/** The key in `Authorization: Bearer …`, else what the query names; '' for none. */
export const keyIn = (request: Request, named = ""): string =>
  /^Bearer +(\S{1,140})$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? named;

/** Refusals by which a page that is not one of the key's would learn something. */
const BEFORE_ORIGIN = new Set(["invalid_api_key", "origin_not_allowed", "secret_key_in_browser", "forbidden"]);

/**
 * An answer that a page of the key's origins may read. One to any other page says the same and cannot be read there,
 * as consume has it.
 */
export async function readableBy(request: Request, answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  const origin = originOf(request);
  response.headers.set("Vary", "Origin");
  if (origin === null) return response;
  const { code } = response.status < 400 ? {} : ((await response.clone().json()) as { code?: string });
  if (code === undefined || !BEFORE_ORIGIN.has(code)) {
    response.headers.set("Access-Control-Allow-Origin", origin);
    response.headers.set(
      "Access-Control-Expose-Headers",
      "ETag, X-Request-Id, RateLimit, RateLimit-Policy, Retry-After",
    );
  }
  return response;
}

/** Takes one from the bucket of the shopper's address, before a key is looked up for it. @throws Refusal `rate_limited` */
export const limitShopper = (request: Request, told: Told): Promise<void> => limit("widget", byAddress(request), told);

/** `OPTIONS`: it carries no key, so any well-formed origin may ask, and the call itself decides. */
export const preflightFor =
  (method: string) =>
  (request: Request): Response => {
    const origin = originOf(request);
    return new Response(null, {
      status: 204,
      headers: {
        "X-Request-Id": requestIdOf(request),
        Vary: "Origin, Access-Control-Request-Headers",
        ...(origin === null
          ? {}
          : {
              "Access-Control-Allow-Origin": origin,
              "Access-Control-Allow-Methods": method,
              "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Request-Id",
              "Access-Control-Max-Age": "7200",
            }),
      },
    });
  };

/** An app's catalog id by that or its slug; null where there is no such app. */
export const catalogIdOf = (name: string): Promise<string | null> => findCatalogId(metering().db, name);

/** Notes what came of a loader's question, after the answer is out. That it could not be noted is no reason to fail. */
function note(customerId: CustomerId, app: string, ping: Omit<Ping, "customerId" | "appId">): void {
  after(async () => {
    try {
      // A name that no app has is not noted: strangers would choose what we remember.
      const appId = await catalogIdOf(app);
      if (appId) await noteInstallation(redis(), { ...ping, customerId, appId });
    } catch (error) {
      logger.warn({ err: error }, "an installation was not noted");
    }
  });
}

/**
 * A page's key and the app it asks for, both in force. What came of it is noted for the installation check.
 * @throws Refusal as the gate and `publishedApp` do, and `app_not_permitted`
 */
export async function appForPage(
  request: Request,
  input: { key: string; app: string; loader?: string },
): Promise<PageCaller & PublishedApp> {
  const origin = originOf(request);
  const seen = { origin: origin ?? "", loader: input.loader ?? "", now: Date.now() };
  let customerId: CustomerId | undefined;
  try {
    const page = await requirePublicKey(input.key, origin);
    customerId = page.ctx.customerId;
    const published = await publishedApp(page.ctx, input.app);
    if (page.apps !== null && !page.apps.includes(published.app.id)) {
      throw new Refusal("app_not_permitted", "This key does not cover the app. Add it to the key's apps.");
    }
    if (input.loader !== undefined) note(customerId, input.app, { ...seen, refusal: null });
    return { ...page, ...published };
  } catch (error) {
    if (error instanceof PageRefusal) customerId = error.customerId;
    if (customerId && error instanceof Refusal) note(customerId, input.app, { ...seen, refusal: error.code });
    throw error;
  }
}
