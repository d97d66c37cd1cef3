import { BOOKS, CLOCK, FLAGS } from "@/features/metering/edge/lua/common";
import { redis } from "@/lib/redis";

/** The scripts themselves, run at a moment of the test's choosing: what happens at the very end of a time, and just before. */

/** What a script reads as the time, instead of asking for it. */
const clock = (now: number): string => `
local call = redis.call
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
