import type { Redis } from "@/lib/redis";
import { CONSUME } from "./lua/consume";
import type { LoadAnswer, MissLimit } from "./rules";

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

const shas = new Map<string, Promise<string>>();

/** SHA-1 of a script's text, hexadecimal: how EVALSHA names it. */
function shaOf(script: string): Promise<string> {
  let sha = shas.get(script);
  if (!sha) {
    sha = crypto.subtle
      .digest("SHA-1", new TextEncoder().encode(script))
      .then((digest) => Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""));
    shas.set(script, sha);
  }
  return sha;
}

/**
 * Runs a script once: by its hash, and by its text where the store has not seen it, which is the one refusal after
 * which sending again is certain to be safe. Never throws; a failure is sorted into "did not run" and "may have run".
 */
export async function runScript(redis: Redis, script: string, keys: string[], args: string[]): Promise<StoreAnswer> {
  try {
    const sha = await shaOf(script);
    let reply: unknown;
    try {
      reply = await redis.evalsha<string[], unknown>(sha, keys, args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      reply = await redis.eval<string[], unknown>(script, keys, args);
    }
    return { kind: "reply", reply: Array.isArray(reply) ? reply.map(String) : [String(reply)] };
  } catch (error) {
    const nothing = neverSent(error) || (error instanceof Error && NOTHING_RAN.test(error.message));
    return { kind: nothing ? "refused" : "lost" };
  }
}

/** What a consume needs from the outside; the handlers take it as an argument so that any host can bring its own. */
export interface MeterDeps {
  readonly redis: Redis;
  /** The pepper under which keys are looked up. */
  readonly pepper: string;
  /** How long one request may take in all, ms. */
  readonly budgetMs: number;
  /**
   * Asks the Node side to bring missing state into Redis, or to remember that there is none. Must not throw.
   * `signal` ends with the request's budget.
   */
  readonly load: (wanted: Wanted, signal: AbortSignal) => Promise<LoadAnswer>;
  /** Tells the Node side that a partition has events, after the answer is out. Must not throw. */
  readonly wake: (partition: number) => void;
  /** Limits what one address may have looked up. */
  readonly misses: MissLimit;
  /** Redis time less our own, ms, as replies have told; null until the first one has. */
  readonly clock: { offset: number | null };
  readonly now: () => number;
}

/** State that a script found missing. */
export interface Wanted {
  readonly what: "key" | "catalog" | "account";
  readonly partition: number;
  readonly hmac: string;
  readonly customerId: string;
  readonly mode: "live" | "test";
}

export interface ConsumeCall {
  readonly keys: readonly string[];
  /** ARGV 2 and on; the deadline is put in front. */
  readonly args: readonly string[];
  readonly wanted: Omit<Wanted, "what">;
  /** Where the request came from. */
  readonly address: string;
}

const MISSING = { missing_key: "key", missing_catalog: "catalog", missing_account: "account" } as const;
/** One of each kind of state may be missing, and a clock may be wrong once. */
const MAX_TURNS = 5;

/**
 * One consume against the store, within the request's budget. The same operation is sent again only where the script
 * has said that it did nothing: past its deadline by a clock we had not learnt, or for want of state that has since
 * been brought in. A lost reply is never sent again: it comes back as `lost`.
 */
export async function consume(deps: MeterDeps, call: ConsumeCall): Promise<StoreAnswer> {
  const end = deps.now() + deps.budgetMs;
  const signal = AbortSignal.timeout(deps.budgetMs);
  let late = 0;
  const loaded = new Set<string>();
  const bringIn = (what: Wanted["what"]): Promise<LoadAnswer> => {
    const ask = () => deps.load({ ...call.wanted, what }, signal);
    return what === "key" ? deps.misses.lookUp(call.wanted.hmac, call.address, deps.now(), ask) : ask();
  };
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    if (deps.now() >= end) return { kind: "refused" };
    // Until a reply has told the time there, no deadline of ours means anything: one that is over has the script do
    // nothing but tell it. Once in a process's life this costs a turn.
    const deadline = deps.clock.offset === null ? 0 : Math.floor(end + deps.clock.offset);
    const answer = await runScript(deps.redis, CONSUME, [...call.keys], [String(deadline), ...call.args]);
    if (answer.kind !== "reply") return answer;
    const [code = "", at] = answer.reply;
    deps.clock.offset = Number(at) - deps.now();
    if (code === "late") {
      if (++late > 1) return { kind: "refused" };
    } else if (code in MISSING) {
      const what = MISSING[code as keyof typeof MISSING];
      if (loaded.has(what) || (await bringIn(what)) === "failed") return { kind: "refused" };
      loaded.add(what);
    } else {
      return answer;
    }
  }
  return { kind: "refused" };
}
