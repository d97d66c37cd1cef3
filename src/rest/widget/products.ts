import { publishedApp } from "@/features/activations/embed/queries";
import { readFinderQuery } from "@/features/products/finder/contract";
import { findFrames } from "@/features/products/finder/queries";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { mintCustomerId, timeOfUuid } from "@/lib/ids";
import { LONGEST_VISIT_MS, mintWidgetSession, readWidgetSession } from "@/lib/widget-session";
import { metering } from "../internal/metering";
import { respond } from "../respond";
import { limitShopper } from "./page";

const FRAME_FINDER = "frf-001";

function readAsked(request: Request) {
  const read = readFinderQuery(new URL(request.url).searchParams);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new Refusal("invalid_request", `${issue?.path.join(".") ?? "query"}: ${issue?.message ?? "does not fit"}`);
}

/**
 * `GET /api/v1/widget/products`: the frames of the brand whose shop paid for the session, for our own frame. Whose they are is
 * said by the token alone, so that nothing of another brand can be asked for. It costs nothing: the use was paid for when the
 * app opened, and the token goes on for as long as the visit does.
 */
export const getWidgetProducts = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    await limitShopper(request, told);
    const asked = readAsked(request);
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    const now = Date.now();
    const claims = readWidgetSession(token, env().AUTH_SECRET, now);
    if (!claims)
      throw new Refusal("invalid_api_key", "This session is over. Open the app again; it costs nothing more.");
    if (claims.appId !== FRAME_FINDER) {
      throw new Refusal("app_not_permitted", "This session was opened for another app.");
    }
    const ctx = {
      db: metering().db,
      customerId: mintCustomerId(claims.customerId),
      actor: { type: "system", id: "widget" } as const,
    };
    const { configuration } = await publishedApp(ctx, claims.appId);
    const goesOn = now - timeOfUuid(claims.usageId) < LONGEST_VISIT_MS;
    return {
      ...(await findFrames(ctx, configuration, asked)),
      token: goesOn ? mintWidgetSession(claims, env().AUTH_SECRET, now) : token,
    };
  });
