import { BOOKS, CLOCK, FLAGS } from "@/features/metering/edge/lua/common";
import { accountKeys, accountName, callerKeys } from "@/features/metering/rules";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import type { TestBrand } from "@/test/meter";

/** The scripts themselves, run at a moment of the test's choosing: what happens at the very end of a time, and just before. */

/** What a script reads as the time, instead of asking for it. */
const clock = (now: number): string => `
local now, at = ${now}, '${now}'
local function text(n) return string.format('%.0f', n) end
`;

/** Runs a script as if it were `now` (ms). */
export async function runAt(
  now: number,
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<string[]> {
  if (!script.includes(CLOCK)) throw new Error("The script does not ask for the time");
  const reply = await redis().eval(
    script.replace(CLOCK, () => clock(now)),
    [...keys],
    args.map(String),
  );
  return (reply as unknown[]).map((part) => String(part));
}

/** Runs Lua that uses the books, as if it were `now`. The account's keys are those of a brand, or none. */
export async function withBooks(now: number, body: string, args: readonly (string | number)[] = []): Promise<string> {
  const script = `${FLAGS}${clock(now)}
    local ACCOUNT, OUTBOX, DUE, HOLDS, NAME = KEYS[1], KEYS[2], KEYS[3], KEYS[4], 'books'
    ${BOOKS}
    ${body}`;
  const keys = ["account", "outbox", "due", "holds"].map((name) => `{books}:${name}`);
  return String(await redis().eval(script, keys, args.map(String)));
}

/** What a caller's script is told beside its own arguments; each can be another. */
export interface Call {
  readonly now: number;
  readonly deadline?: number;
  readonly kind?: "pk" | "sk";
  readonly from?: string;
  readonly app?: string;
  readonly lookedUp?: string;
  readonly backlog?: number;
  /** The name of the operation's record. */
  readonly operation?: string;
  /** ARGV 8 and on. */
  readonly rest: readonly (string | number)[];
}

/** Runs a caller's script for a brand's live account. */
export function callAt(brand: TestBrand, script: string, call: Call): Promise<string[]> {
  const { now, kind = "sk", operation = uuidv7(now), rest } = call;
  const key = kind === "sk" ? brand.secretKey.secret : brand.publicKey.secret;
  const keys = callerKeys(brand.partition, hmacApiKey(key, env().API_KEY_PEPPER), brand.account, operation);
  const door = [call.deadline ?? now + 1000, kind, call.from ?? "", call.app ?? "vto-001", accountName(brand.account)];
  return runAt(now, script, keys, [...door, call.lookedUp ?? "", call.backlog ?? 1000, ...rest]);
}

/** Runs a script of an intent, or the sweep's, for a brand's live account. */
export const intentAt = (
  brand: TestBrand,
  script: string,
  now: number,
  [deadline, epoch, ...rest]: readonly (string | number)[],
): Promise<string[]> =>
  runAt(now, script, accountKeys(brand.account), [deadline ?? "", epoch ?? "", accountName(brand.account), ...rest]);
