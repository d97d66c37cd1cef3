import type { Permission, Role } from "@/features/team/rules";
import type { CustomerId, UserId } from "@/lib/ids";

/** A signed-in person, looking at one brand. */
export interface Session {
  readonly sessionId: string;
  readonly user: { readonly id: UserId; readonly name: string; readonly email: string };
  readonly customer: {
    readonly id: CustomerId;
    readonly name: string;
    readonly slug: string;
    readonly timeZone: string;
  };
  /** How long it lives without its person doing anything, in minutes. */
  readonly idleMinutes: number;
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
}

/** What the gate found. `unavailable`: Postgres is away, so nobody can tell, and nothing is granted. */
export type SessionState =
  | { readonly state: "in"; readonly session: Session }
  | { readonly state: "out" }
  | { readonly state: "unavailable" };
