import { sha1 } from "@/lib/digest";
import type { Redis } from "@/lib/redis";
import type { KeyHashes, LoadAnswer, MissLimit } from "./rules";

/** What became of a call to the store. */
export type StoreAnswer =
  /** The script ran and said this. */
  | { readonly kind: "reply"; readonly reply: readonly string[] }
  /** It certainly did not run. */
  | { readonly kind: "refused" }
  /** It may have run; nobody knows. */
  | { readonly kind: "lost" };

/**
 * Errors a store gives before it runs anything: after one of these, nothing was debited. Anchored, because the client
 * appends the command, and with it the caller's own words, to the store's message.
 */
const NOTHING_RAN =
  /^(ERR_STORE_UNAVAILABLE|NOSCRIPT|NOAUTH|WRONGPASS|NOPERM|OOM|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MISCONF|BUSY|Unauthorized|ERR max requests limit exceeded)\b/i;
/** Failures to connect at all. A connection that broke later is not among them. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function neverSent(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string" && NEVER_SENT.has(at.code)) return true;
    if ("errors" in at && Array.isArray(at.errors) && at.errors.length > 0 && at.errors.every(neverSent)) return true;
  }
  return false;
}

const shas = new Map<string, string>();

/** SHA-1 of a script's text, hexadecimal: how EVALSHA names it. */
function shaOf(script: string): string {
  let sha = shas.get(script);
  if (!sha) {
    sha = sha1(script);
    shas.set(script, sha);
  }
  return sha;
}

/** What one script is run with. */
export interface Run {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

const asReply = (reply: unknown): StoreAnswer => ({
  kind: "reply",
  reply: Array.isArray(reply) ? reply.map(String) : [String(reply)],
});

const asFailure = (error: unknown): StoreAnswer => {
  const nothing = neverSent(error) || (error instanceof Error && NOTHING_RAN.test(error.message));
  return { kind: nothing ? "refused" : "lost" };
};

const isUnknownScript = (message: string | undefined): boolean => message?.startsWith("NOSCRIPT") ?? false;

/**
 * Runs a script once: by its hash, and by its text where the store has not seen it, which is the one refusal after
 * which sending again is certain to be safe. Never throws; a failure is sorted into "did not run" and "may have run".
 */
export async function runScript(redis: Redis, script: string, keys: string[], args: string[]): Promise<StoreAnswer> {
  try {
    try {
      return asReply(await redis.evalsha<string[], unknown>(shaOf(script), keys, args));
    } catch (error) {
      if (!(error instanceof Error && isUnknownScript(error.message))) throw error;
      return asReply(await redis.eval<string[], unknown>(script, keys, args));
    }
  } catch (error) {
    return asFailure(error);
  }
}

/** Runs a script several times in order and in one round trip; each run is a step of its own. Never throws. */
async function runScripts(redis: Redis, script: string, runs: readonly Run[]): Promise<StoreAnswer[]> {
  const [only] = runs;
  if (only && runs.length === 1) return [await runScript(redis, script, [...only.keys], [...only.args])];
  const send = async (some: readonly Run[], known: boolean): Promise<{ result?: unknown; error?: string }[]> => {
    const pipeline = redis.pipeline();
    for (const { keys, args } of some) {
      if (known) pipeline.evalsha(shaOf(script), [...keys], [...args]);
      else pipeline.eval(script, [...keys], [...args]);
    }
    return pipeline.exec({ keepErrors: true });
  };
  try {
    const replies = await send(runs, true);
    const unseen = runs.flatMap((_, i) => (isUnknownScript(replies[i]?.error) ? [i] : []));
    const failed = new Map<number, StoreAnswer>();
    if (unseen.length > 0) {
      const texts = unseen.map((i) => runs[i] as Run);
      // Another caller may have had the script loaded half way: what ran has its reply, whatever becomes of the rest.
      const again = await send(texts, false).catch(asFailure);
      for (const [at, i] of unseen.entries()) {
        if (Array.isArray(again)) replies[i] = again[at] as (typeof again)[number];
        else failed.set(i, again);
      }
    }
    return runs.map((_, i) => {
      const given = failed.get(i);
      if (given) return given;
      const reply = replies[i];
      if (!reply) return { kind: "lost" };
      return reply.error === undefined ? asReply(reply.result) : asFailure(new Error(reply.error));
    });
  } catch (error) {
    return runs.map(() => asFailure(error));
  }
}

/** What the metering handlers need from the outside; they take it as an argument so that any host can bring its own. */
export interface MeterDeps {
  readonly redis: Redis;
  /** HMACs of keys under the pepper. */
  readonly hashes: KeyHashes;
  /** How long one request may take in all, ms. */
  readonly budgetMs: number;
  /** How many events a partition's outbox may hold before uses are refused. */
  readonly maxBacklog: number;
  /**
   * Asks the Node side to bring missing state into Redis, or to remember that there is none. Must not throw.
   * `signal` ends with the request's budget.
   */
  readonly load: (wanted: Wanted, signal: AbortSignal) => Promise<LoadAnswer>;
  /** Tells the Node side that a partition has events, after the answer is out. Must not throw. */
  readonly wake: (partition: number) => void;
  /** Hears that a key was refused, and why, for its brand to be told of it where that comes often. Must not throw. */
  readonly refused?: (partition: number, hmac: string, code: string) => void;
  /** Limits what one address may have looked up. */
  readonly misses: MissLimit;
  /** Redis time less our own, ms, as replies have told; null until the first one has. */
  readonly clock: { offset: number | null };
  readonly now: () => number;
  /** The trace that the request is part of, as a `traceparent`; the event carries it to the drain. */
  readonly trace?: string;
}

/** State that a script found missing. */
export interface Wanted {
  /** `operation` and `reservation`: what became of one, where Redis may have forgotten it. */
  readonly what: "key" | "catalog" | "account" | "operation" | "reservation";
  readonly partition: number;
  readonly hmac: string;
  readonly customerId: string;
  readonly mode: "live" | "test";
  /** The hash of the idempotency key, or the reservation's id. */
  readonly subject?: string;
}

/** One call of a caller's script. */
export interface MeterCall {
  readonly keys: readonly string[];
  /** ARGV 2 and 3: where from, and the app. */
  readonly door: readonly [string, string];
  /** ARGV 6 and on. */
  readonly args: readonly string[];
  readonly wanted: Omit<Wanted, "what" | "subject">;
  /** What `unseen` asks for. */
  readonly unseen: { readonly what: "operation" | "reservation"; readonly subject: string };
  /** Where the request came from. */
  readonly address: string;
}

const MISSING = { missing_key: "key", missing_catalog: "catalog", missing_account: "account" } as const;
/** One of each kind of state may be missing, an operation unseen, and a clock may be wrong once. */
const MAX_TURNS = 6;
const NOTHING: StoreAnswer = { kind: "refused" };

/**
 * Calls of one request against the store, within the request's budget, each turn in one round trip. An operation is sent
 * again only where the script has said that it did nothing: past its deadline by a clock we had not learnt, or for want of
 * state that has since been brought in. A lost reply is never sent again: it comes back as `lost`.
 */
export async function meter(
  deps: MeterDeps,
  script: string,
  calls: readonly MeterCall[],
  end = deps.now() + deps.budgetMs,
): Promise<StoreAnswer[]> {
  let signal: AbortSignal | undefined;
  const answers: StoreAnswer[] = calls.map(() => NOTHING);
  const lookedUp = new Set<number>();
  const loaded = new Set<string>();
  let late = 0;
  const bringIn = (call: MeterCall, what: Wanted["what"]): Promise<LoadAnswer> => {
    signal ??= AbortSignal.timeout(Math.max(1, end - deps.now()));
    const until = signal;
    if (what === "key") {
      const ask = () => deps.load({ ...call.wanted, what }, until);
      return deps.misses.lookUp(call.wanted.hmac, call.address, deps.now(), ask);
    }
    const subject = what === call.unseen.what ? { subject: call.unseen.subject } : {};
    return deps.load({ ...call.wanted, what, ...subject }, until);
  };

  let pending = calls.map((_, i) => i);
  for (let turn = 0; turn < MAX_TURNS && pending.length > 0; turn++) {
    if (deps.now() >= end) return answers;
    // Until a reply has told the time there, no deadline of ours means anything: one that is over has the script do
    // nothing but tell it. Once in a process's life this costs a turn.
    const deadline = String(deps.clock.offset === null ? 0 : Math.floor(end + deps.clock.offset));
    const backlog = String(deps.maxBacklog);
    const runs = pending.map((i) => {
      const { keys, door, args } = calls[i] as MeterCall;
      return { keys, args: [deadline, ...door, lookedUp.has(i) ? "1" : "", backlog, ...args] };
    });
    const replies = await runScripts(deps.redis, script, runs);
    const again: number[] = [];
    let wasLate = false;
    let givenUp = false;
    for (const [at, i] of pending.entries()) {
      const answer = replies[at] as StoreAnswer;
      const call = calls[i] as MeterCall;
      if (answer.kind !== "reply") {
        answers[i] = answer;
        continue;
      }
      const [code = "", time] = answer.reply;
      deps.clock.offset = Number(time) - deps.now();
      if (code === "late") {
        wasLate = true;
        if (late === 0) again.push(i);
      } else if (code in MISSING) {
        const what = MISSING[code as keyof typeof MISSING];
        // Of a batch, the first that misses something has it brought in for all. Where it cannot be, those behind it may
        // have run all the same: somebody else was quicker.
        if (!givenUp && !loaded.has(`${what}:${turn}`)) {
          givenUp = loaded.has(what) || (await bringIn(call, what)) === "failed";
          loaded.add(what).add(`${what}:${turn}`);
        }
        if (!givenUp) again.push(i);
      } else if (code === "unseen" && !lookedUp.has(i)) {
        const found = await bringIn(call, call.unseen.what);
        if (found === "failed") continue;
        // Known: its record is back, and the next turn answers from it. Unknown: the script may go on without.
        lookedUp.add(i);
        again.push(i);
      } else {
        answers[i] = answer;
      }
    }
    if (givenUp) return answers;
    if (wasLate) late++;
    pending = again;
  }
  return answers;
}

/** Codes after which a script has done nothing and may be run again. */
const AGAIN = new Set(["late", "unseen", ...Object.keys(MISSING)]);

/** One call of a request; see `meter`. Nearly always its first turn answers: that way is short. */
export async function meterOne(deps: MeterDeps, script: string, call: MeterCall): Promise<StoreAnswer> {
  const end = deps.now() + deps.budgetMs;
  if (deps.clock.offset !== null) {
    const { keys, door, args } = call;
    const deadline = String(Math.floor(end + deps.clock.offset));
    const answer = await runScript(deps.redis, script, keys as string[], [
      deadline,
      ...door,
      "",
      String(deps.maxBacklog),
      ...args,
    ]);
    if (answer.kind !== "reply") return answer;
    const [code = "", time] = answer.reply;
    deps.clock.offset = Number(time) - deps.now();
    if (!AGAIN.has(code)) return answer;
  }
  const [answer] = await meter(deps, script, [call], end);
  return answer ?? NOTHING;
}
