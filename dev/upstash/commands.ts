import { Command, type Redis } from "ioredis";
import type { ScriptNames } from "./scripts";

/** What one command came to. `notRun`: it was never written. `lost`: it was written, and no reply came. */
export type Outcome =
  | { readonly kind: "reply"; readonly value: unknown }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "notRun" }
  | { readonly kind: "lost" };

/** They would change or hold up the connection that all callers share, and Upstash does not offer them over REST. */
const NOT_OFFERED = new Set(
  (
    "AUTH HELLO SELECT QUIT RESET CLIENT MONITOR SYNC PSYNC SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE " +
    "SUNSUBSCRIBE MULTI EXEC DISCARD WATCH UNWATCH BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT " +
    "WAITAOF SHUTDOWN"
  ).split(" "),
);

/** Why a command cannot be taken, or undefined if it can. */
export function refusal(command: readonly string[]): string | undefined {
  const name = command[0]?.toUpperCase();
  if (!name) return "ERR empty command";
  if (NOT_OFFERED.has(name)) return `ERR Command is not available: '${name}'`;
  const blocks = (name === "XREAD" || name === "XREADGROUP") && command.some((word) => word.toUpperCase() === "BLOCK");
  return blocks ? `ERR Command is not available: '${name} BLOCK'` : undefined;
}

/** Rewrites what names a script, so that flagged scripts work on stock Redis. */
function translate(name: string, args: string[], scripts: ScriptNames): string[] {
  const [first = "", ...rest] = args;
  if (name === "EVAL" || name === "EVAL_RO") return [scripts.toStock(first), ...rest];
  if (name === "EVALSHA" || name === "EVALSHA_RO") return [scripts.toStockHash(first), ...rest];
  if (name !== "SCRIPT") return args;
  const verb = first.toUpperCase();
  if (verb === "LOAD") return [first, ...rest.map((text) => scripts.toStock(text))];
  if (verb === "EXISTS") return [first, ...rest.map((hash) => scripts.toStockHash(hash))];
  return args;
}

const isScriptLoad = (command: readonly string[]): boolean =>
  command[0]?.toUpperCase() === "SCRIPT" && command[1]?.toUpperCase() === "LOAD";

/**
 * Writes one command at once, in order with those before and after it, and reports what came of it. It is never
 * queued while Redis is away and never sent a second time: the callers do metering, and must know what they do not
 * know.
 */
export async function send(redis: Redis, command: readonly string[], scripts: ScriptNames): Promise<Outcome> {
  if (redis.status !== "ready") return { kind: "notRun" };
  // In capitals: ioredis reshapes the replies of commands whose names it knows in small letters.
  const name = command[0]?.toUpperCase() ?? "";
  const sent = new Command(name, translate(name, command.slice(1), scripts), { replyEncoding: null });
  try {
    const value: unknown = await redis.sendCommand(sent);
    return { kind: "reply", value: isScriptLoad(command) ? scripts.toClientHash(String(value)) : value };
  } catch (error) {
    if (!(error instanceof Error)) return { kind: "lost" };
    if (error.name === "ReplyError") return { kind: "refused", message: error.message };
    return error.message.startsWith("Stream isn't writeable") ? { kind: "notRun" } : { kind: "lost" };
  }
}

/**
 * A reply as Upstash writes it in JSON: integers as numbers, nil as null, arrays nested, text plain or, on demand, in
 * base64, where only "OK" stays as it is.
 */
export function present(value: unknown, base64: boolean): unknown {
  if (Buffer.isBuffer(value)) {
    if (!base64) return value.toString("utf8");
    return value.length === 2 && value[0] === 0x4f && value[1] === 0x4b ? "OK" : value.toString("base64");
  }
  if (typeof value === "string") return base64 && value !== "OK" ? Buffer.from(value).toString("base64") : value;
  if (Array.isArray(value)) return value.map((item: unknown) => present(item, base64));
  if (value instanceof Error) return value.message;
  return value ?? null;
}
