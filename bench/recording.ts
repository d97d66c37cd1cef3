import { handleConsume } from "@/features/metering/edge/handler";
import { KeyHashes, MissLimit } from "@/features/metering/edge/rules";
import { env } from "@/lib/env";
import type { Redis } from "@/lib/redis";
import type { Stencil } from "./stencil";

/**
 * What the real handler sends to Redis for a consume, taken from it rather than written down a second time: the
 * baselines then run whatever the product runs, with whatever it is given, also after it has changed.
 */
export interface Recorded {
  readonly script: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** A consume to be filled in: `operation` and `hash` are new for each, `deadline` is in Redis ms. */
export interface Template extends Recorded {
  readonly holes: { readonly operation: string; readonly hash: string; readonly deadline: string };
}

async function record(secret: string, body: string): Promise<Recorded> {
  let recorded: Recorded | undefined;
  const refuse = (script: string, keys: string[], args: string[]): Promise<never> => {
    // By its hash first, which is refused, then by its text, which is kept.
    if (/\s/.test(script)) recorded = { script, keys, args };
    throw new Error("NOSCRIPT");
  };
  await handleConsume(
    new Request("http://localhost/api/v1/customer/tokens/consume", {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body,
    }),
    {
      redis: { evalsha: refuse, eval: refuse } as unknown as Redis,
      hashes: new KeyHashes(env().API_KEY_PEPPER),
      maxBacklog: 100_000_000,
      budgetMs: 60_000,
      load: async () => "failed",
      wake: () => {},
      misses: new MissLimit(),
      clock: { offset: 0 },
      now: Date.now,
    },
  );
  if (!recorded) throw new Error("The handler did not ask Redis; the body or the key was refused");
  return recorded;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const HASH = /(?<![\w-])[\w-]{22}(?![\w-])/g;

/** The one thing of a form that differs between two recordings of the same request. */
function differing(a: readonly string[], b: readonly string[], form: RegExp): string {
  const found = new Set<string>();
  for (const [i, text] of a.entries())
    for (const [match] of text.matchAll(form)) if (!(b[i] ?? "").includes(match)) found.add(match);
  const [only, ...others] = found;
  if (!only || others.length > 0)
    throw new Error("What is new in each consume has changed; teach bench/recording.ts about it");
  return only;
}

/** Records a consume twice and finds what differs. @throws Error where it cannot explain all of it */
export async function templateOf(secret: string, body: string): Promise<Template> {
  const [one, two] = [await record(secret, body), await record(secret, body)];
  const [a, b] = [
    [...one.keys, ...one.args],
    [...two.keys, ...two.args],
  ];
  const operation = differing(a, b, UUID);
  const hash = differing(a, b, HASH);
  const template = { ...one, holes: { operation, hash, deadline: one.args[0] ?? "" } };
  const filled = { operation: differing(b, a, UUID), hash: differing(b, a, HASH), deadline: two.args[0] ?? "" };
  const again = fill(template, filled);
  if ([...again.keys, ...again.args].join("\n") !== b.join("\n"))
    throw new Error("What is new in each consume has changed; teach bench/recording.ts about it");
  return template;
}

/** A template with its holes filled. */
export function fill(
  { script, keys, args, holes }: Template,
  filling: { operation: string; hash: string; deadline: string },
): Recorded {
  const put = (text: string) =>
    text.replaceAll(holes.operation, filling.operation).replaceAll(holes.hash, filling.hash);
  return { script, keys: keys.map(put), args: [filling.deadline, ...args.slice(1).map(put)] };
}

/** A template as the baselines take it. */
export function stencilOf({ keys, args, holes }: Template): Stencil {
  const cut = (text: string): string[] =>
    text.split(new RegExp(`(${holes.operation}|${holes.hash})`)).map((piece, i) =>
      // Between the pieces of text stand the holes.
      i % 2 === 0 ? piece : piece === holes.operation ? "o" : "h",
    );
  return { keys: keys.length, words: [...keys.map(cut), ["", "d", ""], ...args.slice(1).map(cut)] };
}
