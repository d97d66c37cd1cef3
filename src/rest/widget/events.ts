import type { z } from "zod";
import { byAddress } from "@/auth/key-gate";
import { publishedApp } from "@/features/activations/embed/queries";
import { fromRequest, readRequest } from "@/features/metering/http/rules";
import { paidUse } from "@/features/metering/uses/queries";
import { cartEvent, frameEvents } from "@/features/usage/insights/contract";
import { recordEvents } from "@/features/usage/insights/service";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { accountOf, mintCustomerId, timeOfUuid } from "@/lib/ids";
import { json, problem, requestIdOf } from "@/lib/problem";
import { LONGEST_VISIT_MS, readWidgetSession, type WidgetClaims } from "@/lib/widget-session";
import { metering } from "../internal/metering";
import { limit } from "../limits";
import type { Told } from "../respond";
import { respond } from "../respond";
import { appForPage, keyIn, preflightFor, readableBy } from "./page";

/**
 * What happens in a session, told by the two who see it: our own frame (a result, frames shown and chosen), by its session's
 * token, and the shop's page (a frame went into the basket), by the key and the idempotency key that opened the app. Each can
 * speak of its own session and of nothing else. Figures and no more: whether it arrives makes no difference to a shopper.
 */

const read = async <T>(
  request: Request,
  schema: z.ZodType<T>,
): Promise<{ body: T; givenKey: string | null } | Response> => {
  const found = await readRequest(fromRequest(request), schema);
  if (!("code" in found)) return found;
  const more = found.errors ? { more: { errors: found.errors } } : {};
  return problem(found.code, found.detail, { requestId: requestIdOf(request), ...more });
};

const counted = (request: Request, count: number): Response => json({ counted: count }, 200, requestIdOf(request));

/** The session that a frame's token stands for, for as long as a visit lasts: a shopper may look at a result for long. */
function sessionIn(request: Request): WidgetClaims {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  const now = Date.now();
  const claims = readWidgetSession(token, env().AUTH_SECRET, now - LONGEST_VISIT_MS);
  if (claims && now - timeOfUuid(claims.usageId) < LONGEST_VISIT_MS) return claims;
  throw new Refusal("invalid_api_key", "This session is over. Open the app again; it costs nothing more.");
}

/** Notes that an app was opened, as its frame asks for what it is to show. The sandbox's sessions are not counted. */
export async function noteOpened(claims: WidgetClaims): Promise<void> {
  await record(claims, []);
}

async function record(claims: WidgetClaims, events: z.infer<typeof frameEvents>["events"]): Promise<number> {
  if (claims.test) return 0;
  const { usageId, appId } = claims;
  const customerId = mintCustomerId(claims.customerId);
  return recordEvents(metering().db, { customerId, usageId, appId, openedAt: new Date(timeOfUuid(usageId)) }, events);
}

async function fromFrame(request: Request): Promise<Response> {
  const claims = sessionIn(request);
  const told = await read(request, frameEvents);
  if (told instanceof Response) return told;
  const ctx = { db: metering().db, customerId: mintCustomerId(claims.customerId) };
  // An app that the brand has turned off in the meantime tells nothing more.
  await publishedApp({ ...ctx, actor: { type: "system", id: "widget" } }, claims.appId);
  return counted(request, await record(claims, told.body.events));
}

async function fromPage(request: Request): Promise<Response> {
  const told = await read(request, cartEvent);
  if (told instanceof Response) return told;
  const { body, givenKey } = told;
  if (givenKey === null) {
    throw new Refusal("invalid_request", "Send the Idempotency-Key that the app was consumed under.");
  }
  const page = await appForPage(request, { key: keyIn(request), app: body.app_id });
  const { customerId } = page.ctx;
  const use = await paidUse(metering().redis, accountOf(customerId, page.mode), givenKey).catch(() => {
    throw new Refusal("metering_unavailable", "The meter cannot be asked. Nothing was lost; try again in a moment.");
  });
  if (use?.appId !== page.app.id) {
    throw new Refusal("usage_not_found", "Nothing was consumed for this app under this idempotency key.");
  }
  if (page.mode === "test") return counted(request, 0);
  const session = { customerId, usageId: use.usageId, appId: use.appId, openedAt: new Date(timeOfUuid(use.usageId)) };
  return counted(request, await recordEvents(metering().db, session, [{ kind: "cart", sku: body.sku }]));
}

/** A bucket of its own: however much is told, an app can still be opened. */
const limitTelling = (request: Request, told: Told): Promise<void> => limit("widget-events", byAddress(request), told);

/** `POST /api/v1/widget/events` → `{counted}`, how many of them are new. */
export const postWidgetEvents = (request: Request): Promise<Response> =>
  readableBy(
    request,
    respond(request, async (told) => {
      await limitTelling(request, told);
      return keyIn(request).startsWith("ca_") ? fromPage(request) : fromFrame(request);
    }),
  );

export const eventsOptions = preflightFor("POST");
