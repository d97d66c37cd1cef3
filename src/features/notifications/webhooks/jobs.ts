import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { mintCustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { levelsToTell } from "../webhook-balances/queries";
import { attempt, claimNext, type DeliveryDeps, forgetOld } from "../webhook-delivery/service";
import { KEPT_DAYS } from "./rules";
import { emit } from "./service";

/** How many attempts this process makes side by side, and how many of them to receivers that failed last time. */
const SLOTS = 96;
const TROUBLED_SLOTS = 48;
/** How many go to one endpoint at a time, and to one that failed last time. */
const PER_ENDPOINT = 4;
/** After how many deliveries a lane makes room for another endpoint. */
const LONGEST_LANE = 50;

interface Lane {
  readonly endpointId: string;
  readonly troubled: boolean;
}
/** The lanes of this process: each takes one endpoint's deliveries one after the other. */
const lanes = new Map<Promise<void>, Lane>();
let stopping = false;

const lanesOf = (matches: (lane: Lane) => boolean): number => [...lanes.values()].filter(matches).length;

/**
 * Opens lanes for the endpoints that have something due, and returns without waiting for them: a receiver that takes its
 * time holds up its own lane and nobody else's, and receivers that fail share half of the room at most. Several processes
 * may do this side by side.
 */
export async function deliverDue(deps: DeliveryDeps): Promise<void> {
  if (stopping) return;
  for (const { id, troubled, waiting } of await endpointsDue(deps.db)) {
    const most = Math.min(waiting, troubled ? 1 : PER_ENDPOINT);
    for (let n = lanesOf((lane) => lane.endpointId === id); n < most; n++) {
      if (lanes.size >= SLOTS) return;
      if (troubled && lanesOf((lane) => lane.troubled) >= TROUBLED_SLOTS) break;
      const lane: Promise<void> = follow(deps, id).finally(() => lanes.delete(lane));
      lanes.set(lane, { endpointId: id, troubled });
    }
  }
}

/** Takes one endpoint's deliveries until none is due, one fails, or others should have a turn. */
async function follow(deps: DeliveryDeps, endpointId: string): Promise<void> {
  try {
    for (let n = 0; n < LONGEST_LANE && !stopping; n++) {
      const claim = await claimNext(deps.db, endpointId);
      if (!claim || !(await attempt(deps, claim))) return;
    }
  } catch (error) {
    // Not the receiver's fault. What was claimed is free again when its lease ends.
    logger.error({ err: error, endpoint: endpointId }, "a webhook could not be attempted");
  }
}

/** Waits until no attempt is under way; with `stop`, none is begun any more. For a host or a worker about to end. */
export async function deliveriesAtRest({ stop = false } = {}): Promise<void> {
  stopping ||= stop;
  await Promise.allSettled([...lanes.keys()]);
}

/** Endpoints with something due, in no order that would favour anyone. */
async function endpointsDue(db: Db): Promise<{ id: string; troubled: boolean; waiting: number }[]> {
  const rows = await db.execute<{ id: string; troubled: boolean; waiting: number }>(sql`
    select e.id, e.failing_since is not null as troubled, d.waiting
    from webhook_endpoints e cross join lateral (
      select count(*)::int as waiting from (
        select from webhook_deliveries where endpoint_id = e.id and status = 'pending' and next_attempt_at <= now()
        limit ${PER_ENDPOINT}) due) d
    where e.enabled and e.deleted_at is null and d.waiting > 0
    order by random() limit ${SLOTS * 2}`);
  return [...rows];
}

/** Tells brands whose live balance has fallen to another level; a rise is noted and not told. */
export async function watchBalances({ db }: { readonly db: Db }): Promise<void> {
  for (const { customerId, level, told, balance, threshold } of await levelsToTell(db)) {
    await db.transaction(async (tx) => {
      // Whoever writes the change tells of it: another process that saw the same comes too late here.
      const changed = await tx.execute(sql`
        insert into webhook_balances (customer_id, level) values (${customerId}, ${level})
        on conflict (customer_id) do update set level = excluded.level, since = now()
          where webhook_balances.level = ${told} returning customer_id`);
      if (changed.length === 0 || told === null) return;
      const brand = mintCustomerId(customerId);
      if (level === "low" && told === "enough") await emit(tx, brand, "tokens.low", { balance, threshold });
      if (level === "exhausted") await emit(tx, brand, "tokens.exhausted", { balance });
    });
  }
}

/** What has to be done over and over for webhooks: by the worker, each at its own pace, and by the cron, all at once. */
export const WEBHOOK_UPKEEP: readonly {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (deps: { readonly db: Db }) => Promise<void>;
}[] = [
  { name: "webhooks", everyMs: 1_000, run: ({ db }) => deliverDue({ db }) },
  { name: "webhook balances", everyMs: 5_000, run: watchBalances },
  { name: "webhook log", everyMs: 3_600_000, run: ({ db }) => forgetOld(db, KEPT_DAYS) },
];
