import { sha1 } from "@/lib/digest";
import type { Redis } from "@/lib/redis";
import type { Fault } from "./model";

/**
 * The way to Redis as the model bends it: scripts read the model's clock, answers are lost or doubled, and a race lets
 * one call through at a time.
 */

/** Where the scripts find the model's time, ms. */
export const CLOCK_KEY = "model:clock";
const BENT_CLOCK = `(function()
  local ms = tonumber(redis.call('GET', '${CLOCK_KEY}'))
  return {string.format('%.0f', math.floor(ms / 1000)), string.format('%.0f', (ms % 1000) * 1000)}
end)()`;

export interface Wire {
  /** What happens to the next call of a caller's script that comes to an end. */
  fault: Fault;
  /** Keys of the operations that callers' scripts have named. */
  readonly operations: Set<string>;
  /** Scripts by the hash of their own text. */
  readonly known: Map<string, string>;
  /** Waits for a call's turn. */
  gate: ((label: string) => Promise<void>) | null;
}

/** Answers after which the product calls again: they are no end. */
const NO_END = new Set(["late", "missing_key", "missing_catalog", "missing_account", "unseen"]);
const CALLERS_KEYS = 7;

const timedOut = (): Error => Object.assign(new Error("The operation timed out"), { name: "TimeoutError" });
const isEnd = (reply: unknown): boolean => Array.isArray(reply) && !NO_END.has(String(reply[0]));

type Run = (script: string, keys: string[], args: string[]) => Promise<unknown>;
interface Piped {
  evalsha: (sha: string, keys: string[], args: string[]) => unknown;
  eval: Run;
  exec: (options?: unknown) => Promise<unknown>;
}

/** The script's text with the model's clock in it. */
const bend = (script: string): string => script.replaceAll("redis.call('TIME')", BENT_CLOCK);

/** The client as the product calls it, bent. */
export function modelRedis(real: Redis, wire: Wire, now: () => number): Redis {
  const bentSha = new Map<string, string>();
  const run: Run = async (script, keys, args) => {
    wire.known.set(sha1(script), script);
    const text = bend(script);
    let sha = bentSha.get(script);
    if (!sha) {
      sha = sha1(text);
      bentSha.set(script, sha);
    }
    try {
      return await real.evalsha(sha, keys, args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return real.eval(text, keys, args);
    }
  };
  const evaluate: Run = async (script, keys, args) => {
    await wire.gate?.(`script on ${keys.length} keys`);
    if (keys.length !== CALLERS_KEYS) return run(script, keys, args);
    wire.operations.add(keys[3] as string);
    const { fault } = wire;
    if (fault === "lost") throw timedOut();
    const reply = await run(script, keys, args);
    if (fault === null || !isEnd(reply)) return reply;
    if (fault === "answer lost") throw timedOut();
    return run(script, keys, args);
  };
  const bent: Record<string, unknown> = {
    eval: evaluate,
    evalsha: async (sha: string, keys: string[], args: string[]) => {
      const script = wire.known.get(sha);
      if (!script) throw new Error("NOSCRIPT No matching script.");
      return evaluate(script, keys, args);
    },
    time: async () => [String(Math.floor(now() / 1000)), String((now() % 1000) * 1000)],
    pipeline: () => bentPipeline(real, wire),
  };
  return new Proxy(real, {
    get(target, name) {
      if (typeof name === "string" && name in bent) return bent[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A pipeline of one script's runs; anything else goes through as it is. */
function bentPipeline(real: Redis, wire: Wire): unknown {
  const calls: { script: string | undefined; keys: string[]; args: string[] }[] = [];
  const plain = real.pipeline();
  const send = () => {
    const pipeline = real.pipeline();
    for (const { script, keys, args } of calls) {
      // No script has this hash: what Redis then answers is what it answers for one it has not seen.
      if (script) pipeline.eval(bend(script), keys, args);
      else pipeline.evalsha("0".repeat(40), keys, args);
    }
    return pipeline.exec({ keepErrors: true });
  };
  const piped: Piped = {
    evalsha: (sha, keys, args) => calls.push({ script: wire.known.get(sha), keys, args }),
    eval: async (script, keys, args) => {
      wire.known.set(sha1(script), script);
      calls.push({ script, keys, args });
    },
    exec: async (options) => {
      if (calls.length === 0) return plain.exec(options as never);
      await wire.gate?.(`${calls.length} scripts`);
      for (const { keys } of calls) wire.operations.add(keys[3] as string);
      const { fault } = wire;
      if (fault === "lost") throw timedOut();
      const replies = await send();
      if (fault === null || !replies.some((reply) => isEnd(reply.result))) return replies;
      if (fault === "answer lost") throw timedOut();
      return send();
    },
  };
  return new Proxy(plain, {
    get(target, name) {
      if (name === "eval" || name === "evalsha" || name === "exec") return piped[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
