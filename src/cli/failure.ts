import { OutboxUnavailable } from "@/features/metering/outbox/service";
import { isDatabaseAway } from "@/lib/database-away";
import { EnvError } from "@/lib/env";
import { Refusal } from "@/lib/errors";

/** A mistake in how a command was called. */
export class Misuse extends Error {}

/** True where the caller can mend it by calling otherwise. */
export const isMisuse = (error: unknown): boolean =>
  error instanceof Misuse ||
  error instanceof Refusal ||
  (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));

const START =
  "Is the stack running? Type `npm run dev` in another terminal, or set the environment as .env.example says.";

/** What went wrong, for the person at the terminal: never a statement, its values, or a store's own command. */
export function explain(error: unknown): string {
  if (error instanceof EnvError || isMisuse(error)) return (error as Error).message;
  const chain: Error[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < 5; at = at.cause) chain.push(at);
  if (
    chain.some(
      (at) => at instanceof OutboxUnavailable || at.name.startsWith("Upstash") || at.message === "fetch failed",
    )
  ) {
    return `Redis does not answer, or refuses us. ${START}`;
  }
  if (isDatabaseAway(error)) return `Postgres does not answer. ${START}`;
  // A failed query's own message holds the statement and its values; its cause says what Postgres thought of it.
  const first = chain.find((at) => !at.message.startsWith("Failed query"));
  return first?.message ?? "Something unexpected happened.";
}
