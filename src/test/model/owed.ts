import { carryOut } from "./account";
import { type Expected, refused } from "./answers";
import { drain, hydrate, isApplied, isSound, usedBy } from "./ledger";
import { type Account, idOf, type Mode, type State } from "./state";

/** What is owed to an account, or by it, and how that reaches it. */

/** What is owed and has not reached the ledger. */
export const open = (a: Account) => a.intents.filter((intent) => !intent.refused && !isApplied(a, intent.id));

/** Carries out what is owed: all of it, or one. */
export function applyIntents(s: State, a: Account, only?: string): void {
  if (open(a).length === 0) return;
  if (only === undefined) hydrate(s, a);
  for (const intent of open(a)) {
    if (only !== undefined && (intent.id !== only || !isSound(s, a))) continue;
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
