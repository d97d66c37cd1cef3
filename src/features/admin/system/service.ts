import type { StaffCtx } from "@/db/context";
import { discardLetter, type Outcome, replayLetter } from "@/features/metering/letters/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import type { LetterOutcome } from "./contract";

const told = (outcome: Outcome): LetterOutcome => ({
  kind: outcome.kind,
  words: outcome.kind === "refused" ? outcome.why : outcome.resolution,
});

/** Writes a dead letter into the ledger after all, once; its brand's audit log has by whom. */
export const replay = async (ctx: StaffCtx, deps: ReconcileDeps, input: { id: string }): Promise<LetterOutcome> =>
  told(await replayLetter(deps, ctx.actor, input.id));

/** Gives a dead letter up: its tokens are booked as an adjustment where the chain needs them. */
export const discard = async (
  ctx: StaffCtx,
  deps: ReconcileDeps,
  input: { id: string; reason: string },
): Promise<LetterOutcome> => told(await discardLetter(deps, ctx.actor, input.id, input.reason));
