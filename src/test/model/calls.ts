import fc from "fast-check";
import { ACTIVE_APPS, APP_NAMES, type Expected } from "./answers";
import { Command, type Seen, saw } from "./command";
import { same, sameAnswer } from "./compare";
import { answer, type Fault } from "./model";
import { type Ask, idOf, type State } from "./state";
import type { World } from "./world";

/** Commands that call the meter as a brand's server or page does. */

const fault = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fault>(null) },
  { weight: 3, arbitrary: fc.constantFrom<Fault>("lost", "answer lost", "twice") },
);
const key = fc.oneof(
  { weight: 30, arbitrary: fc.constant("sk") },
  { weight: 9, arbitrary: fc.constantFrom("pk", "few", "brief", "test") },
  { weight: 1, arbitrary: fc.constant("bare") },
);
const app = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...ACTIVE_APPS, "virtual-try-on") },
  { weight: 1, arbitrary: fc.constantFrom(...APP_NAMES) },
);
const idem = fc.oneof(fc.constant(null), fc.constantFrom("a", "b", "c", "d", "e"));
const amount = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 3, 5, 999_999_999_999_999) },
);

/** Named amounts mostly where they may be named. */
export const use = fc
  .record({ key, app, amount, session: fc.constantFrom(0, 0, 0, 1), idem })
  .map(({ amount: named, ...rest }) => ({
    does: "consume" as const,
    ...rest,
    amount: named !== null && named > 5 && rest.app !== "cai-001" ? null : named,
  }));

/** One call, to product and model. */
async function ask(what: Ask, wire: Fault, s: State, world: World, seen: Seen, again = ""): Promise<void> {
  if (!again) s.asked.push(what);
  const name = what.does === "resolve" ? (what.tokens === 0 ? "release" : "settle") : what.does;
  const [expected] = answer(s, [what], wire) as [Expected];
  const actual = await world.call(what, (ref) => idOf(s, ref), wire);
  const same = expected.replayed && again ? " replayed" : "";
  saw(seen, `${name}${again}${same}`, expected);
  sameAnswer(s, name, actual, expected);
}

export const consume = fc
  .record({ ask: use, fault })
  .map((input) => new Command("consume", input, (s, world, seen) => ask(input.ask, input.fault, s, world, seen)));

/** The very call that was made before: a retry, at any distance. */
export const again = fc.record({ which: fc.nat(11), fault }).map(
  (input) =>
    new Command(
      "again",
      input,
      (s, world, seen) => {
        const named = s.asked.filter((one) => one.does === "resolve" || one.idem !== null);
        return ask(
          named[named.length - 1 - (input.which % named.length)] as Ask,
          input.fault,
          s,
          world,
          seen,
          " again",
        );
      },
      (s) => s.asked.some((one) => one.does === "resolve" || one.idem !== null),
    ),
);

/** Refusals that say something of the key, and so of every record of a batch. */
const OF_ALL = new Set(["invalid_api_key", "insufficient_scope"]);
const OF_NONE = ["metering_unavailable", "outcome_unknown"];

export const batch = fc
  .record({
    key,
    uses: fc.array(fc.tuple(use, fc.constantFrom("a", "b", "c", "d", "e", "f", "g")), { minLength: 1, maxLength: 5 }),
    fault,
  })
  .map(
    (input) =>
      new Command("batch", input, async (s, world, seen) => {
        const asks = input.uses.map(([ask, idemKey]) => ({ ...ask, key: input.key, idem: idemKey }));
        const expected = answer(s, asks, input.fault);
        const actual = await world.batch(asks, input.fault);
        const [first] = expected as [Expected, ...Expected[]];
        if (OF_ALL.has(first.code ?? "") || OF_NONE.some((code) => expected.every((one) => one.code === code))) {
          saw(seen, "batch", first);
          return sameAnswer(s, "batch", actual, first);
        }
        const { results = [] } = JSON.parse(actual.text) as { results?: { status: number; body: unknown }[] };
        same("batch: records", [actual.status, results.length], [200, asks.length]);
        for (const [i, each] of expected.entries()) {
          const result = results[i] as (typeof results)[number];
          saw(seen, "batch's record", each);
          const { replayed: _replayed, retryAfter: _retryAfter, ...told } = each;
          const text = JSON.stringify(result.body);
          sameAnswer(
            s,
            `batch's record ${i}`,
            { status: result.status, text, replayed: false, retryAfter: null },
            told,
          );
        }
      }),
  );

export const hold = fc
  .record({
    key,
    app,
    tokens: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 30 }) },
      { weight: 1, arbitrary: fc.constantFrom(1, 500) },
    ),
    seconds: fc.constantFrom(10, 60, 300, 3600),
    idem,
    fault,
  })
  .map(
    ({ fault: wire, ...given }) =>
      new Command("hold", { ...given, fault: wire }, (s, world, seen) =>
        ask({ does: "hold", ...given }, wire, s, world, seen),
      ),
  );

/** A reservation that no answer has told of cannot be asked for. */
const told = (s: State) => s.reservations.filter(({ ref }) => ref in s.ids);

/** How much of a reservation is used. */
const SHARES: Record<string, (reserved: number) => number> = {
  none: () => 0,
  some: (reserved) => Math.ceil(reserved / 3),
  all: (reserved) => reserved,
  more: (reserved) => reserved + 1,
};

export const resolve = fc
  .record({
    key: fc.oneof({ weight: 9, arbitrary: fc.constant("") }, { weight: 1, arbitrary: key }),
    which: fc.nat(7),
    share: fc.constantFrom("none", "some", "some", "all", "more", "none", "some"),
    fault,
  })
  .map(
    (input) =>
      new Command(
        "resolve",
        input,
        async (s, world, seen) => {
          const all = told(s);
          const one = all[all.length - 1 - (input.which % Math.max(1, all.length))];
          const ref = one?.ref ?? "00000000-0000-4000-8000-000000000000";
          const reserved = s.operations.find((operation) => operation.ref === ref)?.amount ?? 1;
          const tokens = SHARES[input.share]?.(reserved) ?? 0;
          const by = input.key || (one?.mode === "test" ? "test" : "sk");
          await ask({ does: "resolve", key: by, ref, tokens }, input.fault, s, world, seen);
        },
        // Now and then one that nobody knows.
        (s) => told(s).length > 0 || input.which === 7,
      ),
  );
