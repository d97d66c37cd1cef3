import { readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";

/** How much of the file's end is lost: at least so many bytes, in the middle of a command or between two. */
export interface Cut {
  readonly bytes: number;
  readonly at: "anywhere" | "boundary";
}

/** The file that Redis is appending to: the increment with the highest number. */
function tailFile(folder: string): string | undefined {
  const number = (name: string) => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? -1);
  const names = readdirSync(folder).filter((name) => number(name) >= 0);
  const last = names.toSorted((a, b) => number(a) - number(b)).at(-1);
  return last === undefined ? undefined : join(folder, last);
}

/**
 * Where each command of an append-only file ends. A transaction counts as one command: what a script wrote is there
 * whole or not at all. Stops at the first byte that is no command.
 */
export function commandEnds(file: Buffer): number[] {
  const ends: number[] = [];
  let at = 0;
  let open = false;
  const line = (): string | undefined => {
    const end = file.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const text = file.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  while (at < file.length) {
    const head = line();
    if (head === undefined || !/^\*\d+$/.test(head)) break;
    let name = "";
    for (let i = 0; i < Number(head.slice(1)); i++) {
      const size = Number(line()?.slice(1));
      if (!Number.isInteger(size) || at + size + 2 > file.length) return ends;
      if (i === 0) name = file.toString("latin1", at, at + size).toUpperCase();
      at += size + 2;
    }
    if (name === "MULTI") open = true;
    if (name === "EXEC") open = false;
    if (!open) ends.push(at);
  }
  return ends;
}

/**
 * Cuts off the end of a stopped Redis's append-only file.
 * @param folder the server's `appenddirname`
 * @returns how many bytes are gone
 */
export function cutTail(folder: string, cut: Cut): number {
  const file = tailFile(folder);
  if (file === undefined) return 0;
  const { size } = statSync(file);
  const wanted = Math.max(0, size - cut.bytes);
  const left = cut.at === "anywhere" ? wanted : (commandEnds(readFileSync(file)).findLast((end) => end <= wanted) ?? 0);
  truncateSync(file, left);
  return size - left;
}
