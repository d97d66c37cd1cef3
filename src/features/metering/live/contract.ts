import { z } from "zod";
import type { BalanceResponse } from "../contract";

/** What a page that watches a brand's account asks: after which state it wants to hear of the next. */
export const watchRequest = z.strictObject({ lastEventId: z.string().max(100).nullish() }).optional();

/** An account at one moment, for whoever watches it. */
export interface Watched {
  readonly balance: BalanceResponse;
  /** The place of the newest entry in the ledger, `epoch.seq`; another one means that there are entries to fetch. */
  readonly written: string;
}
