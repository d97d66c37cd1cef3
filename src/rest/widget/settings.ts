import { settingsQuery } from "@/features/activations/embed/contract";
import { pageKey } from "@/features/activations/embed/queries";
import { settingsOf } from "@/features/activations/embed/rules";
import { sha256 } from "@/lib/digest";
import { Refusal } from "@/lib/errors";
import { apiHeaders, requestIdOf } from "@/lib/problem";
import { metering } from "../internal/metering";
import { readQuery } from "../query";
import { respond } from "../respond";
import { appForPage, catalogIdOf, keyIn, limitShopper, originOf, preflightFor, readableBy } from "./page";

/** How long a browser may keep the settings, in seconds: a published change is in the shop within these. */
const KEPT_FOR = 3;

/** The default public key of a brand for the page that asks. */
async function keyOfBrand(customerId: string, origin: string | null, app: string): Promise<string> {
  const appId = await catalogIdOf(app);
  const found = origin && appId ? await pageKey(metering().db, { customerId, origin, appId }) : null;
  if (found) return found.publicKey;
  // No brand, no key, or none for this page: which of them it is, is nobody's business.
  throw new Refusal("origin_not_allowed", "No public key of this brand may be used from this page.");
}

/**
 * `GET /api/v1/widget/settings?app=…&key=…`: what the loader needs to show an app's button, and what the brand has
 * published for it. Where `customer` names the brand in place of a key, the answer tells its default public key.
 */
export const getWidgetSettings = (request: Request): Promise<Response> =>
  readableBy(
    request,
    respond(request, async (told) => {
      await limitShopper(request, told);
      const { app, key, customer, v = "", ...asked } = readQuery(request, settingsQuery);
      const publicKey = keyIn(request, key) || (customer ? await keyOfBrand(customer, originOf(request), app) : "");
      const page = await appForPage(request, { key: publicKey, app, loader: v });
      const body = JSON.stringify(settingsOf(page.app, publicKey, page.configuration, asked));
      const headers = {
        ...apiHeaders(requestIdOf(request)),
        "Content-Type": "application/json",
        "Cache-Control": `private, max-age=${KEPT_FOR}`,
        ETag: `"${sha256(body).slice(0, 22)}"`,
      };
      return request.headers.get("if-none-match") === headers.ETag
        ? new Response(null, { status: 304, headers })
        : new Response(body, { headers });
    }),
  );

/** Its preflight: only a key in `Authorization` needs one. */
export const settingsOptions = preflightFor("GET");
