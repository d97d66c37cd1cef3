import { requireSecretKey } from "@/auth/key-gate";
import { usageQuery } from "@/features/usage/contract";
import { usageReport } from "@/features/usage/queries";
import { readQuery } from "../query";
import { respond } from "../respond";

/** `GET /api/v1/customer/tokens/usage` */
export const getUsage = (request: Request): Promise<Response> =>
  respond(request, async () => {
    const { ctx, mode } = await requireSecretKey(request, "tokens:consume");
    return usageReport(ctx, { mode, query: readQuery(request, usageQuery), now: new Date() });
  });
