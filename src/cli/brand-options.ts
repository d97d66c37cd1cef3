import { parseArgs } from "node:util";
import { isExactOrigin } from "@/features/keys/rules";
import { MAX_AMOUNT } from "@/features/metering/rules";
import { Misuse } from "./failure";

/** What `brand:create` was asked for, as far as it can be told without a store. */
export interface BrandOptions {
  /** 1 to 100 characters; null for a made-up one. */
  readonly name: string | null;
  readonly tokens: number;
  readonly origins: readonly string[];
  /** Catalogue ids as they were typed. */
  readonly apps: "all" | readonly string[];
  /** Calls an hour, and as many at once; undefined for the usual. */
  readonly rate: number | undefined;
  readonly plan: string | null;
}

function wholeNumber(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < least || value > most) {
    throw new Misuse(`--${name} takes a whole number from ${least} to ${most}`);
  }
  return value;
}

/** What stands between commas; people put a space after them. */
const listed = (text: string): string[] =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

/**
 * Reads the words after `brand:create`.
 * @throws Misuse, or what `parseArgs` throws, with a sentence on the first word that is wrong
 */
export function brandOptions(args: readonly string[]): BrandOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      name: { type: "string" },
      tokens: { type: "string" },
      origin: { type: "string", multiple: true },
      apps: { type: "string", multiple: true },
      "rate-limit": { type: "string" },
      plan: { type: "string" },
    },
  });
  const tokens = wholeNumber("tokens", values.tokens, 0, MAX_AMOUNT);
  if (values.plan === "enterprise" && tokens !== undefined) {
    throw new Misuse("the plan enterprise is unlimited: leave --tokens out");
  }
  const rate = wholeNumber("rate-limit", values["rate-limit"], 1, 1_000_000_000);
  const origins = (values.origin ?? []).flatMap(listed);
  for (const origin of origins) {
    if (!isExactOrigin(origin))
      throw new Misuse(`--origin ${origin}: give scheme, host and port only, such as https://shop.example`);
  }
  const name = values.name?.trim() ?? null;
  if (name?.length === 0 || (name?.length ?? 0) > 100) throw new Misuse("--name takes 1 to 100 characters");
  const named = (values.apps ?? []).flatMap(listed);
  const apps = named.length === 1 && named[0] === "all" ? "all" : named;
  return { name, tokens: tokens ?? 0, origins, apps, rate, plan: values.plan ?? null };
}
