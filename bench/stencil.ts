import { randomUUID } from "node:crypto";

/** Words of a consume for a program that sends many: text between the holes, and which hole follows it. */
export interface Stencil {
  readonly keys: number;
  /** For each word its pieces; `o`, `h`, `d` in between name the hole. */
  readonly words: readonly (readonly string[])[];
}

/** A function that gives the words of the next consume of a stencil. Small, because baselines call it for each request. */
export function stamp({ words }: Stencil): () => string[] {
  return () => {
    const operation = randomUUID();
    const hash = operation.replaceAll("-", "").slice(0, 22);
    const deadline = String(Date.now() + 60_000);
    return words.map((pieces) => {
      if (pieces.length === 1) return pieces[0] ?? "";
      let text = "";
      for (const [i, piece] of pieces.entries())
        text += i % 2 === 0 ? piece : piece === "o" ? operation : piece === "h" ? hash : deadline;
      return text;
    });
  };
}
