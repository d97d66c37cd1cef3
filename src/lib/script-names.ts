import { createHash } from "node:crypto";

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

/**
 * Lua scripts that are written for Upstash begin with `#!lua flags=allow-key-locking`, without which Upstash takes a
 * global lock. Stock Redis refuses the flag, so it is taken out here, and since that changes the script's hash, both
 * hashes are remembered: a client goes on using the one it knows.
 */
export class ScriptNames {
  private readonly stock = new Map<string, string>();
  private readonly flagged = new Map<string, string>();

  /** The text that stock Redis takes. */
  toStock(script: string): string {
    if (!script.startsWith("#!")) return script;
    const end = script.indexOf("\n");
    const head = end < 0 ? script : script.slice(0, end);
    if (!head.includes("allow-key-locking")) return script;
    const flags = (/flags=(\S+)/.exec(head)?.[1] ?? "")
      .split(",")
      .filter((flag) => flag && flag !== "allow-key-locking");
    // The line itself stays, so that the line numbers in error messages are right. Empty, it must not begin with "#!".
    const text = (flags.length > 0 ? `#!lua flags=${flags.join(",")}` : "") + (end < 0 ? "" : script.slice(end));
    const flaggedHash = sha1(script);
    const stockHash = sha1(text);
    this.stock.set(flaggedHash, stockHash);
    this.flagged.set(stockHash, flaggedHash);
    return text;
  }

  /** The hash under which stock Redis keeps the script that the client calls by this hash. */
  toStockHash(hash: string): string {
    return this.stock.get(hash.toLowerCase()) ?? hash;
  }

  /** The hash the client knows for a hash that Redis has answered. */
  toClientHash(hash: string): string {
    return this.flagged.get(hash) ?? hash;
  }
}
