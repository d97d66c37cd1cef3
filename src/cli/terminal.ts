import { createInterface } from "node:readline/promises";
import { isUuid, type Mode } from "@/lib/ids";
import { Misuse } from "./failure";

/** Accounts as they are named on the command line: `<customer>`, or `<customer>:live` or `:test` for one of its two. */
export function accountsNamed(text: string): { readonly customerId: string; readonly modes: readonly Mode[] } {
  const [customerId = "", mode, ...rest] = text.split(":");
  const known = mode === undefined || mode === "live" || mode === "test";
  if (!isUuid(customerId) || !known || rest.length > 0) {
    throw new Misuse(`--account ${text}: give the customer's UUID, with :live or :test for one of its two accounts`);
  }
  return { customerId, modes: mode === undefined ? ["live", "test"] : [mode] };
}

/**
 * Asks the person at the terminal before something that cannot be taken back.
 * @throws Misuse where nobody can be asked: the caller has to say `--yes`
 */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Misuse(`${question} Nobody can be asked here: say --yes`);
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asked.question(`${question} [y/N] `);
  asked.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** A line that is written over where there is a terminal, and written now and then where there is none. */
export function progressLine(everyMs = 2_000): { readonly tell: (text: string) => void; readonly end: () => void } {
  let last = 0;
  return {
    tell: (text) => {
      if (process.stderr.isTTY) return void process.stderr.write(`\r\x1b[2K${text}`);
      if (Date.now() - last < everyMs) return;
      last = Date.now();
      process.stderr.write(`${text}\n`);
    },
    end: () => {
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
    },
  };
}
