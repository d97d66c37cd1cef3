import { randomUUID } from "node:crypto";

/** Words of a consume for a program that sends many: text between the holes, and which hole follows it. */
export interface Stencil {
  readonly keys: number;
  /** For each word its pieces; `o`, `h`, `d` in between name the hole. */
  readonly words: readonly (readonly string[])[];
}

/** What is new in each consume. */
function filling(): Readonly<Record<string, string>> {
  const o = randomUUID();
  return { o, h: o.replaceAll("-", "").slice(0, 22), d: String(Date.now() + 60_000) };
}

/** Text and holes in turn, as text. */
function put(pieces: readonly string[], holes: Readonly<Record<string, string>>): string {
  let text = "";
  for (let i = 0; i < pieces.length; i++) text += i % 2 === 0 ? pieces[i] : holes[pieces[i] ?? ""];
  return text;
}

/** A function that gives the words of the next consume of a stencil. */
export function stamp({ words }: Stencil): () => string[] {
  return () => {
    const holes = filling();
    return words.map((pieces) => (pieces.length === 1 ? (pieces[0] ?? "") : put(pieces, holes)));
  };
}

/** Words of one command as Redis reads them. */
export const encode = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

/** The same for a program that writes to Redis itself: whole commands, with nothing left to do but to fill the holes. */
export function stampCommand({ keys, words }: Stencil, sha: string): () => string {
  const lengths = filling();
  const pieces = [`*${words.length + 3}\r\n$7\r\nEVALSHA\r\n$40\r\n${sha}\r\n$${String(keys).length}\r\n${keys}\r\n`];
  for (const word of words) {
    const [first = "", ...rest] = word;
    pieces[pieces.length - 1] += `$${Buffer.byteLength(put(word, lengths))}\r\n${first}`;
    pieces.push(...rest);
    pieces[pieces.length - 1] += "\r\n";
  }
  return () => put(pieces, filling());
}
