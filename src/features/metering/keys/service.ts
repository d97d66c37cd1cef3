import { type Redis, redis } from "@/lib/redis";
import type { KeyRecord } from "../contract";
import { SET_KEY_RECORD } from "../edge/lua/state";
import { runScript } from "../edge/service";
import { catalogKey, keyRecordKey } from "../rules";

/** How long an unknown key is remembered as unknown, ms: long enough to blunt a storm, short enough to forget. */
const UNKNOWN_FOR_MS = 5_000;

const lines = (values: readonly string[]): string => `\n${values.join("\n")}\n`;

/** What every use of a key needs, in one field: `status|expires|key id|may consume|rate limit|burst`. */
const packed = (record: KeyRecord): string =>
  [
    record.status,
    record.expiresAt ?? 0,
    record.keyId,
    record.scopes.includes("tokens:consume") ? 1 : 0,
    record.rateLimit,
    record.rateBurst,
  ].join("|");

/** Thrown where a record could not be brought to the edge; the caller must not report the change as done. */
export class RecordNotPublished extends Error {}

/**
 * Brings a key's record, or its tombstone, to the edge. A record with a lower version than the one there is left out.
 * @throws RecordNotPublished where Redis did not take it, or its answer was lost
 */
export async function publishKeyRecord(record: KeyRecord, store: Redis = redis()): Promise<void> {
  const answer = await runScript(
    store,
    SET_KEY_RECORD,
    [keyRecordKey(record.partition, record.hmac), catalogKey(record.partition)],
    [
      String(record.version),
      "",
      ...["r", packed(record)],
      ...["app", record.apps === null ? "*" : lines(record.apps)],
      ...["org", lines(record.origins)],
    ],
  );
  if (answer.kind !== "reply") throw new RecordNotPublished("The key could not be brought to the edge");
}

/** Remembers for a moment that there is no such key, so that forged keys cost one look-up each and not one per call. */
export async function publishUnknownKey(partition: number, hmac: string, store: Redis = redis()): Promise<void> {
  const keys = [keyRecordKey(partition, hmac), catalogKey(partition)];
  await runScript(store, SET_KEY_RECORD, keys, ["0", String(UNKNOWN_FOR_MS), "r", "none|0||0|1|1"]);
}
