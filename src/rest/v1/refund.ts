import { requireSecretKey } from "@/auth/key-gate";
import { refundRequest } from "@/features/metering/refunds/contract";
import { refundUsage } from "@/features/metering/refunds/service";
import { json, requestIdOf } from "@/lib/problem";
import { readBody } from "../body";
import { metering } from "../internal/metering";
import { respond } from "../respond";

/** `POST /api/v1/customer/tokens/usage/{usage_id}/refund` */
export const postRefund = (
  request: Request,
  { params }: { readonly params: Promise<{ readonly id: string }> },
): Promise<Response> =>
  respond(request, async () => {
    const { reason } = await readBody(request, refundRequest);
    const { ctx, mode, apps } = await requireSecretKey(request, "tokens:consume");
    const { replayed, ...report } = await refundUsage(ctx, metering(), {
      mode,
      apps,
      // Whoever sends a UUID may have it in capitals (RFC 9562).
      usageId: (await params).id.toLowerCase(),
      ...(reason ? { reason } : {}),
    });
    return json(report, 200, requestIdOf(request), replayed ? { "Idempotent-Replayed": "true" } : {});
  });
