import type { LedgerEvent } from "../ledger/rules";
import { burnOrder, type Grant, type Hold } from "../rules";

/** What an account has to pay with while its lost history is posted again. */
export interface Standing {
  /** In burn order. */
  readonly grants: readonly Grant[];
  readonly holds: ReadonlyMap<string, Hold>;
}

/** What an entry does when it is posted again: its own tokens, from what there is now. */
export type Posting = Pick<LedgerEvent, "delta" | "grantParts">;

type Outcome = { readonly posting: Posting; readonly standing: Standing } | { readonly verdict: string };

/** What takes this many tokens from the grants in their order; null where they do not cover it. */
function burn(grants: readonly Grant[], tokens: number): { parts: [string, number][]; left: Grant[] } | null {
  const parts: [string, number][] = [];
  let missing = tokens;
  const left = grants.map((grant) => {
    const burnt = Math.min(grant.remaining, missing);
    missing -= burnt;
    if (burnt > 0) parts.push([grant.id, -burnt]);
    return { ...grant, remaining: grant.remaining - burnt };
  });
  return missing === 0 ? { parts, left } : null;
}

function giveBack(grants: readonly Grant[], back: readonly Grant[]): Grant[] {
  const after = new Map(grants.map((grant) => [grant.id, grant]));
  for (const part of back) {
    const remaining = (after.get(part.id)?.remaining ?? 0) + part.remaining;
    after.set(part.id, { ...part, remaining });
  }
  return burnOrder([...after.values()]);
}

/** What a hold gives back where `used` of it was consumed: first taken, first used. */
export function unused(hold: Hold, used: number): Grant[] {
  let consumed = used;
  return hold.parts.flatMap((part) => {
    const spent = Math.min(part.remaining, consumed);
    consumed -= spent;
    return part.remaining > spent ? [{ ...part, remaining: part.remaining - spent }] : [];
  });
}

/** Posts one acknowledged entry on what there is, or says why it cannot be. */
export function post(standing: Standing, event: LedgerEvent): Outcome {
  const { grants, holds } = standing;
  if (event.kind === "usage" || event.kind === "hold") {
    // On a plan without a limit it took nothing, and takes nothing now.
    const paid = event.delta === 0 ? { parts: [], left: [...grants] } : burn(grants, event.tokens);
    if (!paid) return { verdict: "is not covered by the balance: lost" };
    const posting = { delta: event.delta === 0 ? 0 : -event.tokens, grantParts: paid.parts };
    if (event.kind === "usage" || !event.reservationId) return { posting, standing: { grants: paid.left, holds } };
    const hold: Hold = {
      id: event.reservationId,
      appId: event.appId ?? "",
      tokens: event.tokens,
      expiresAt: event.expiresAt?.getTime() ?? 0,
      createdAt: event.occurredAt.getTime(),
      parts: grants.flatMap((grant) => {
        const taken = paid.parts.find(([id]) => id === grant.id);
        return taken ? [{ ...grant, remaining: -taken[1] }] : [];
      }),
    };
    return { posting, standing: { grants: paid.left, holds: new Map(holds).set(hold.id, hold) } };
  }
  if (event.kind === "settle" || event.kind === "release") {
    const hold = event.reservationId ? holds.get(event.reservationId) : undefined;
    if (!hold) return { verdict: "resolves a reservation that is not open: lost" };
    const back = unused(hold, event.kind === "settle" ? event.tokens : 0);
    const rest = new Map(holds);
    rest.delete(hold.id);
    return {
      posting: {
        delta: back.reduce((sum, part) => sum + part.remaining, 0),
        grantParts: back.map((part): [string, number] => [part.id, part.remaining]),
      },
      standing: { grants: giveBack(grants, back), holds: rest },
    };
  }
  return { verdict: "comes back by itself" };
}
