import { requireSecretKey } from "@/auth/key-gate";
import { type LedgerEntry, ledgerQuery } from "@/features/metering/contract";
import { BalanceUnavailable, ledgerPageOf, liveAccount } from "@/features/metering/queries";
import { csvLine } from "@/lib/csv";
import { Refusal } from "@/lib/errors";
import { apiHeaders, requestIdOf } from "@/lib/problem";
import { metering } from "../internal/metering";
import { readQuery } from "../query";
import { respond } from "../respond";

/** `GET /api/v1/customer/tokens/balance` */
export const getBalance = (request: Request): Promise<Response> =>
  respond(request, async () => {
    const { ctx, mode } = await requireSecretKey(request, "tokens:consume");
    try {
      return await liveAccount(ctx, metering(), { mode });
    } catch (error) {
      if (!(error instanceof BalanceUnavailable)) throw error;
      throw new Refusal(
        "metering_unavailable",
        "The meter cannot be asked right now. Nothing was lost; try again in a moment.",
      );
    }
  });

const COLUMNS = [
  "epoch",
  "seq",
  "kind",
  "tokens",
  "delta",
  "balance_after",
  "app_id",
  "usage_id",
  "grant_id",
  "occurred_at",
] as const satisfies readonly (keyof LedgerEntry)[];
/** How many entries one step of an export reads. */
const STEP = 500;

/** How much a type that is named in `Accept` is wanted, 0 to 1; one that is not named is not wanted. */
function weightOf(accept: string, type: string): number {
  for (const range of accept.split(",")) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    if (name !== type) continue;
    const weight = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
    return Number.isFinite(weight) ? weight : 1;
  }
  return 0;
}

/** Whether the caller wants a file: `text/csv` is named, and JSON is not wanted more. */
function wantsCsv(request: Request): boolean {
  const accept = request.headers.get("accept") ?? "";
  const csv = weightOf(accept, "text/csv");
  return csv > 0 && csv >= weightOf(accept, "application/json");
}

/**
 * `GET /api/v1/customer/tokens/ledger`: a page as JSON, or with `Accept: text/csv` everything from the cursor on, sent as
 * it is read.
 */
export const getLedger = (request: Request): Promise<Response> =>
  respond(request, async () => {
    const { ctx, mode } = await requireSecretKey(request, "tokens:consume");
    const { cursor, limit } = readQuery(request, ledgerQuery);
    if (!wantsCsv(request)) return ledgerPageOf(ctx, { mode, cursor, limit });
    const encoder = new TextEncoder();
    // The first step is read before the answer begins, so that a database that is away is a 503 and not half a file.
    let page = await ledgerPageOf(ctx, { mode, cursor, limit: STEP });
    let begun = false;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const lines = page.entries.map((entry) => csvLine(COLUMNS.map((column) => entry[column])));
        controller.enqueue(encoder.encode((begun ? "" : csvLine(COLUMNS)) + lines.join("")));
        begun = true;
        if (page.next_cursor === null) controller.close();
        else page = await ledgerPageOf(ctx, { mode, cursor: page.next_cursor, limit: STEP });
      },
    });
    return new Response(body, {
      headers: {
        ...apiHeaders(requestIdOf(request)),
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": 'attachment; filename="ledger.csv"',
      },
    });
  });
