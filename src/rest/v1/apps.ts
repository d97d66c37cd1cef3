import { whoIsCounted } from "@/auth/key-gate";
import { appsQuery } from "@/features/catalog/contract";
import { publicAppNamed, publicApps } from "@/features/catalog/queries";
import { metering } from "../internal/metering";
import { limit } from "../limits";
import { readQuery } from "../query";
import { respond } from "../respond";

/** What stands in an app's address. */
export interface AppParams {
  readonly params: Promise<{ readonly id: string }>;
}

/** `GET /api/v1/apps`: the marketplace, for anyone. */
export const getApps = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    await limit("apps", await whoIsCounted(request), told);
    return publicApps(metering().db, readQuery(request, appsQuery));
  });

/** `GET /api/v1/apps/{app_id}`, by catalogue id or slug. */
export const getApp = (request: Request, { params }: AppParams): Promise<Response> =>
  respond(request, async (told) => {
    await limit("apps", await whoIsCounted(request), told);
    return publicAppNamed(metering().db, (await params).id);
  });
