import { requireSecretKey } from "@/auth/key-gate";
import { usageQuery } from "@/features/usage/contract";
import { usageReport } from "@/features/usage/queries";
import { Refusal } from "@/lib/errors";
import { respond } from "../respond";

/** `GET /api/v1/customer/tokens/usage` */
export const getUsage = (request: Request): Promise<Response> =>
  respond(request, async () => {
    const { ctx, mode } = await requireSecretKey(request, "tokens:consume");
    const query = usageQuery.safeParse(Object.fromEntries(new URL(request.url).searchParams));
    if (!query.success) {
      const issue = query.error.issues[0];
      const path = issue?.path.join(".");
      throw new Refusal(
        "invalid_request",
        path ? `${path}: ${issue?.message}` : (issue?.message ?? "The query does not fit."),
      );
    }
    return usageReport(ctx, { mode, query: query.data, now: new Date() });
  });
