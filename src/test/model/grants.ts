import { eq } from "drizzle-orm";
import fc from "fast-check";
import { grantIntents } from "@/db/schema/metering";
import { adjustBalance, applyIntents as applyThem, expireGrant, owe } from "@/features/metering/intents/service";
import { refundUsage } from "@/features/metering/refunds/service";
import { Refusal } from "@/lib/errors";
import { Command, count, DAY, HOUR, MINUTE, mode, SECOND, saw } from "./command";
import { same, sameAnswer } from "./compare";
import { drain, isApplied } from "./ledger";
import { applyIntents, refund } from "./owed";
import { idOf, type Mode, type State } from "./state";
import type { World } from "./world";

/** Commands that owe an account something, or take it back. */

/** What became of a verb: its answer, or the refusal it threw. */
async function verb(
  act: () => Promise<object>,
): Promise<{ status: number; text: string; replayed: false; retryAfter: null }> {
  const plain = { replayed: false, retryAfter: null } as const;
  try {
    return { status: 200, text: JSON.stringify(await act()), ...plain };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, text: JSON.stringify({ code: error.code }), ...plain };
  }
}

/** Learns under which id an intent was written down. */
async function learnIntent(s: State, world: World, businessKey: string, ref: string): Promise<void> {
  const [row] = await world.db.select().from(grantIntents).where(eq(grantIntents.businessKey, businessKey));
  if (row) s.ids[ref] = row.id;
}

export const giveBack = fc.record({ which: fc.nat(9) }).map(
  (input) =>
    new Command(
      "refund",
      input,
      async (s, world, seen) => {
        const uses = s.uses.filter(({ ref }) => ref in s.ids);
        const one = uses[uses.length - 1 - (input.which % uses.length)];
        if (!one) return;
        const intent = `refund:${one.ref}`;
        const usageId = idOf(s, one.ref);
        const actual = await verb(() => refundUsage(world.ctx, world.deps, { mode: one.mode, usageId }));
        // A grant of its own burns by its id on a tie, so the id is learnt before the model goes on.
        await learnIntent(s, world, `refund:${usageId}`, intent);
        const expected = refund(s, one.mode, one.ref, intent);
        saw(seen, "refund", expected);
        sameAnswer(s, "refund", actual, expected);
      },
      (s) => s.uses.some(({ ref }) => ref in s.ids),
    ),
);

interface Granted {
  readonly mode: Mode;
  readonly source: "plan" | "pack" | "adjustment";
  readonly tokens: number;
  /** ms; null for ever. */
  readonly lasts: number | null;
  /** Whether it is carried out at once, or its caller dies before. */
  readonly apply: boolean;
}

/** Tokens that somebody is owed. */
export const grantOf = (input: Granted): Command =>
  new Command("grant", input, async (s, world) => {
    const { mode: to, source, tokens, lasts } = input;
    const expires = lasts === null ? Number.POSITIVE_INFINITY : s.now + lasts;
    const id = await owe(world.ctx, {
      mode: to,
      source,
      tokens,
      expiresAt: lasts === null ? null : new Date(expires),
      businessKey: `${source}:${world.customerId}:${s.refs++}`,
    });
    const a = s.accounts[to];
    a.intents.push({ id, kind: "grant", source, tokens, expires, target: "", refused: false });
    if (!input.apply) return;
    applyIntents(s, a);
    await applyThem(world.deps, world.account(to));
  });

export const grant = fc
  .record<Granted>({
    mode,
    source: fc.constantFrom("plan", "pack", "adjustment"),
    tokens: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(1, 5, 300)),
    lasts: fc.constantFrom(null, null, 20 * SECOND, 10 * MINUTE, 2 * HOUR, 3 * DAY, 40 * DAY, -SECOND),
    apply: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  })
  .map(grantOf);

export const apply = fc.record({ mode }).map(
  (input) =>
    new Command("apply intents", input, async (s, world) => {
      applyIntents(s, s.accounts[input.mode]);
      await applyThem(world.deps, world.account(input.mode));
    }),
);

export const endGrant = fc.record({ which: fc.nat(5) }).map(
  (input) =>
    new Command(
      "end a grant",
      input,
      async (s, world) => {
        const a = s.accounts.live;
        const granted = a.intents.filter(({ kind }) => kind === "grant");
        const one = granted[input.which % granted.length];
        if (!one) return;
        await expireGrant(world.ctx, world.deps, { mode: "live", grantId: one.id, reason: "model" });
        const ref = `end:${one.id}`;
        await learnIntent(s, world, ref, ref);
        if (!a.intents.some(({ id }) => id === ref)) {
          a.intents.push({
            id: ref,
            kind: "expiry",
            source: "",
            tokens: 0,
            expires: 0,
            target: one.id,
            refused: false,
          });
        }
        applyIntents(s, a);
      },
      (s) => s.accounts.live.intents.some(({ kind }) => kind === "grant"),
    ),
);

export const adjust = fc
  .record({ tokens: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: -90, max: -1 })) })
  .map(
    (input) =>
      new Command("adjust", input, async (s, world, seen) => {
        const a = s.accounts.live;
        const ref = `adjust:${s.refs++}`;
        const businessKey = `adjust:${world.customerId}:${s.refs++}`;
        const { tokens } = input;
        const actual = await adjustBalance(world.ctx, world.deps, {
          mode: "live",
          tokens,
          reason: "model",
          businessKey,
        });
        await learnIntent(s, world, businessKey, ref);
        // A grant is known by its id from the start, as it burns by it on a tie.
        const id = tokens > 0 ? (s.ids[ref] ?? ref) : ref;
        const kind = tokens > 0 ? "grant" : "adjustment";
        const expires = Number.POSITIVE_INFINITY;
        const intent = {
          id,
          kind,
          source: "adjustment",
          tokens: Math.abs(tokens),
          expires,
          target: "",
          refused: false,
        } as const;
        a.intents.push({ ...intent });
        applyIntents(s, a);
        drain(s);
        const done = a.intents.find((one) => one.id === id)?.refused
          ? "refused"
          : isApplied(a, id)
            ? "applied"
            : "pending";
        count(seen.answers, `adjust: ${done}`);
        same("adjust", actual, done);
      }),
  );
