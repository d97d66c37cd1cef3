import { BOOKS, CLOCK, FLAGS } from "@/features/metering/edge/lua/common";
import { CONSUME } from "@/features/metering/edge/lua/consume";
import { HOLD } from "@/features/metering/edge/lua/hold";
import { RESOLVE } from "@/features/metering/edge/lua/resolve";
import { accountKeys, accountName, callerKeys, keyRecordKey } from "@/features/metering/rules";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { SHOP, type TestBrand } from "@/test/meter";

/** The scripts themselves, run at a moment of the test's choosing: what happens at the very end of a time, and just before. */

/** Has a script take `now` (ms, and nearly one more) for the time, instead of asking. */
function timed(script: string, now: number): string {
  const asks = "redis.call('TIME')";
  if (!script.includes(asks)) throw new Error("The script does not ask for the time");
  const [seconds, micros] = [Math.floor(now / 1000), (now % 1000) * 1000 + 999];
  return script.replaceAll(asks, () => `{'${seconds}', '${micros}'}`);
}

/** What a script answers, each part as text. */
export async function run(
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<string[]> {
  const reply = await redis().eval(script, [...keys], args.map(String));
  return (reply as unknown[]).map((part) => String(part));
}

/** Runs a script as if it were `now` (ms). */
export const runAt = (
  now: number,
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<string[]> => run(timed(script, now), keys, args);

/** Runs Lua that uses the books, as if it were `now`. The account's keys are those of a brand, or none. */
export async function withBooks(now: number, body: string, args: readonly (string | number)[] = []): Promise<string> {
  const script = `${FLAGS}${timed(CLOCK, now)}
    local ACCOUNT, OUTBOX, DUE, HOLDS, NAME = KEYS[1], KEYS[2], KEYS[3], KEYS[4], 'books'
    ${BOOKS}
    ${body}`;
  const keys = ["account", "outbox", "due", "holds"].map((name) => `{books}:${name}`);
  return String(await redis().eval(script, keys, args.map(String)));
}

/** Where a brand's key has its record. */
export const recordKey = (brand: TestBrand, kind: "pk" | "sk" = "sk"): string => {
  const { secret } = kind === "sk" ? brand.secretKey : brand.publicKey;
  return keyRecordKey(brand.partition, hmacApiKey(secret, env().API_KEY_PEPPER));
};

/** What a caller's script is told at its door; each can be another. Its own key is the secret one. */
export interface Door {
  readonly deadline?: number;
  readonly kind?: "pk" | "sk";
  readonly from?: string;
  readonly app?: string;
  readonly lookedUp?: boolean;
  readonly backlog?: number;
  /** The hash in the name of the operation's record, 22 characters. */
  readonly operation?: string;
  /** Our id of this attempt. */
  readonly id?: string;
  readonly request?: string;
}

/** Runs a caller's script for a brand's live account. `args` are ARGV 7 and on. */
function callAt(
  brand: TestBrand,
  now: number,
  script: string,
  door: Door,
  args: readonly (string | number)[],
): Promise<string[]> {
  const { kind = "sk", id = uuidv7(now), operation = uuidv7(now).replaceAll("-", "").slice(-22) } = door;
  const { secret } = kind === "sk" ? brand.secretKey : brand.publicKey;
  const keys = callerKeys(brand.partition, hmacApiKey(secret, env().API_KEY_PEPPER), brand.account, operation);
  return runAt(now, script, keys, [
    door.deadline ?? now + 1000,
    door.from ?? (kind === "sk" ? "s" : `p${SHOP}`),
    door.app ?? "vto-001",
    door.lookedUp ? "1" : "",
    door.backlog ?? 1000,
    id,
    ...args,
  ]);
}

/** A use, at the app's price unless an amount is named. */
export const consumeAt = (brand: TestBrand, now: number, door: Door & { readonly amount?: string } = {}) =>
  callAt(brand, now, CONSUME, door, [door.amount ?? "", door.request ?? "request", "{}"]);

export const holdAt = (
  brand: TestBrand,
  now: number,
  tokens: number | string,
  lifetimeMs: number,
  door: Door = {},
): Promise<string[]> => callAt(brand, now, HOLD, door, [tokens, door.request ?? "request", lifetimeMs]);

/** Settles a reservation, or releases it where nothing was used. */
export const resolveAt = (
  brand: TestBrand,
  now: number,
  reservation: string,
  used: number | string,
  door: Door = {},
): Promise<string[]> => {
  const operation = reservation.replaceAll("-", "").slice(-22);
  return callAt(brand, now, RESOLVE, { app: "", operation, ...door }, [reservation, used, "{}"]);
};

/** What an answer's record says, after its version. */
export const recordIn = ([, , , record = ""]: readonly string[]): string[] => record.split("|").slice(1);

/** Runs a script of an intent for a brand's live account. `args` are ARGV 4 (the intent's id) and on. */
export const intentAt = (
  brand: TestBrand,
  now: number,
  script: string,
  epoch: string | null | undefined,
  args: readonly (string | number)[],
  deadline = now,
): Promise<string[]> =>
  runAt(now, script, accountKeys(brand.account), [deadline, epoch ?? "", accountName(brand.account), ...args]);
