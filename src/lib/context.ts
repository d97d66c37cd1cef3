import type { CustomerId } from "./ids";

/** Who acts: a signed-in person (`id` is the user's), an API key (`ak_…`), or the system (a command or job's name). */
export interface Actor {
  readonly type: "user" | "key" | "system";
  readonly id: string;
}

/**
 * What every verb gets first: the tenant that a gate established, and who acts. The database is passed beside it by
 * its own type, because `lib` knows no database.
 */
export interface Scope {
  readonly customerId: CustomerId;
  readonly actor: Actor;
}
