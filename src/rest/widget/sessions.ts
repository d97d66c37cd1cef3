import { after } from "next/server";
import { sessionRequest } from "@/features/activations/embed/contract";
import { publishedApp } from "@/features/activations/embed/queries";
import { appearanceOf } from "@/features/activations/embed/rules";
import { fromRequest, readRequest } from "@/features/metering/http/rules";
import { paidUse } from "@/features/metering/uses/queries";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { accountOf, mintCustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { json, problem, requestIdOf } from "@/lib/problem";
import { mintWidgetSession, readWidgetSession, SESSION_SECONDS } from "@/lib/widget-session";
import { metering } from "../internal/metering";
import { respond } from "../respond";
import { noteOpened } from "./events";
import { appForPage, keyIn, limitShopper, preflightFor, readableBy } from "./page";

/**
 * How a widget's frame comes to know that it was paid for, and by whose shop.
 *
 * The loader has consumed with the shop's public key, from the shop's page, under an idempotency key that only that
 * visit knows. It shows both here; the use is looked up under them, and what is found is signed: use, app, brand, origin.
 * Consume itself stays as it is, one step in one round trip, and knows nothing of widgets. The frame reads the token back
 * through us, so it learns the shop's origin from us and not from whoever embeds it, and answers no other.
 */

/** `POST /api/v1/widget/sessions` `{app_id}`, under the consume's `Idempotency-Key` → `{token, expires_in}`. */
export const postWidgetSession = (request: Request): Promise<Response> =>
  readableBy(
    request,
    respond(request, async (told) => {
      await limitShopper(request, told);
      const read = await readRequest(fromRequest(request), sessionRequest);
      if ("code" in read) {
        return problem(read.code, read.detail, {
          requestId: requestIdOf(request),
          ...(read.errors ? { more: { errors: read.errors } } : {}),
        });
      }
      const { app_id, ...asked } = read.body;
      if (read.givenKey === null) {
        throw new Refusal("invalid_request", "Send the Idempotency-Key that the app was consumed under.");
      }
      const page = await appForPage(request, { key: keyIn(request), app: app_id });
      const account = accountOf(page.ctx.customerId, page.mode);
      const use = await paidUse(metering().redis, account, read.givenKey).catch(() => {
        throw new Refusal(
          "metering_unavailable",
          "The meter cannot be asked. Nothing was lost; try again in a moment.",
        );
      });
      if (use?.appId !== page.app.id) {
        throw new Refusal("usage_not_found", "Nothing was consumed for this app under this idempotency key.");
      }
      const claims = {
        usageId: use.usageId,
        appId: use.appId,
        customerId: page.ctx.customerId,
        test: page.mode === "test",
        origin: page.origin,
        asked: Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)),
      };
      const token = mintWidgetSession(claims, env().AUTH_SECRET, Date.now());
      return json({ token, expires_in: SESSION_SECONDS }, 200, requestIdOf(request));
    }),
  );

export const sessionsOptions = preflightFor("POST");

/** `GET /api/v1/widget/session`: what a frame's token stands for, for our own frame. */
export const getWidgetSession = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    await limitShopper(request, told);
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    const claims = readWidgetSession(token, env().AUTH_SECRET, Date.now());
    if (!claims)
      throw new Refusal("invalid_api_key", "This session is over. Open the app again; it costs nothing more.");
    const ctx = {
      db: metering().db,
      customerId: mintCustomerId(claims.customerId),
      actor: { type: "system", id: "widget" } as const,
    };
    const { app, configuration } = await publishedApp(ctx, claims.appId);
    after(() => noteOpened(claims).catch((err: unknown) => logger.warn({ err }, "an opened app was not counted")));
    return {
      origin: claims.origin,
      app,
      usage_id: claims.usageId,
      test: claims.test,
      configuration,
      ...appearanceOf(configuration, claims.asked),
    };
  });
