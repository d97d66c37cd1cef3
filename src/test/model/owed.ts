import { carryOut } from "./account";
import { type Expected, refused } from "./answers";
import { drain, hydrate, isApplied, usedBy } from "./ledger";
import { type Account, idOf, type Mode, type State } from "./state";

/** What is owed to an account, or by it, and how that reaches it. */

/** Carries out what is owed and has not reached the ledger. */
export function applyIntents(s: State, a: Account): void {
  const open = () => a.intents.filter((intent) => !intent.refused && !isApplied(a, intent.id));
  if (open().length === 0) return;
  hydrate(s, a);
  for (const intent of open()) {
    const use = intent.kind === "refund" ? usedBy(s, a, intent.target) : null;
    if (a.hot && !carryOut(s, a, a.hot, intent, use)) intent.refused = true;
  }
}

/** Gives a use back. */
export function refund(s: State, mode: Mode, ref: string, intent: string): Expected {
  const a = s.accounts[mode];
  if (!usedBy(s, a, ref)) drain(s);
  const use = usedBy(s, a, ref);
  // One that has lost its place is not in the ledger yet.
  const waits = a.letters.some((letter) => !letter.resolved && letter.entry.op === ref);
  if (!use) return refused(waits ? "metering_unavailable" : "usage_not_found");
  const entry = () => a.ledger.find((one) => one.op === `refund:${ref}`);
  const before = entry();
  const made = !a.intents.some((one) => one.kind === "refund" && one.target === ref);
  if (made) {
    const { tokens } = use;
    a.intents.push({ id: intent, kind: "refund", source: "refund", tokens, expires: 0, target: ref, refused: false });
  }
  if (!before) {
    applyIntents(s, a);
    if (!entry()) drain(s);
  }
  const done = entry();
  if (!done) return refused("metering_unavailable");
  const remaining = use.parts.length === 0 ? null : done.balance;
  return {
    status: 200,
    body: { usage_id: idOf(s, ref), tokens_refunded: use.tokens, tokens_remaining: remaining, replayed: !made },
  };
}
