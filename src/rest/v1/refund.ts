import { requireSecretKey } from "@/auth/key-gate";
import { fromRequest, readRequest } from "@/features/metering/http/rules";
import { refundRequest } from "@/features/metering/refunds/contract";
import { refundUsage } from "@/features/metering/refunds/service";
import { Refusal } from "@/lib/errors";
import { json, requestIdOf } from "@/lib/problem";
import { metering } from "../internal/metering";
import { respond } from "../respond";

/** `POST /api/v1/customer/tokens/usage/{usage_id}/refund` */
export const postRefund = (
  request: Request,
  { params }: { readonly params: Promise<{ readonly id: string }> },
): Promise<Response> =>
  respond(request, async () => {
    const read = await readRequest(fromRequest(request), refundRequest, true);
    if ("code" in read) throw new Refusal(read.code, read.detail);
    const { ctx, mode } = await requireSecretKey(request, "tokens:consume");
    const { replayed, ...report } = await refundUsage(ctx, metering(), {
      mode,
      usageId: (await params).id,
      ...(read.body.reason ? { reason: read.body.reason } : {}),
    });
    return json(report, 200, requestIdOf(request), replayed ? { "Idempotent-Replayed": "true" } : {});
  });
