import { describe, expect, it } from "vitest";
import { withBooks } from "@/test/scripts";
import { burnOrder, type Cap, dayOf, type Grant, monthOf, packCaps, packGrants, unpackGrants } from "../rules";

/** What the scripts reckon with, each piece on its own, against the same in TypeScript. */

const NOW = Date.UTC(2026, 6, 15, 12);
/** Numbers that are the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state;
  }
}
const random = numbers(7);
const below = (limit: number): number => Math.floor((random.next().value / 2_147_483_648) * limit);
const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;
/** Grants with ids of their own, few different ends, and ends on both sides of now. */
const grantsAtRandom = (most: number): Grant[] =>
  Array.from({ length: below(most + 1) }, (_, i) => ({
    id: id(i * 7 + below(7)),
    source: (["plan", "pack", "refund", "adjustment"] as const)[below(4)] ?? "pack",
    remaining: 1 + below(20),
    expiresAt: [0, NOW - 1, NOW, NOW + 1, NOW + 2][below(5)] ?? 0,
  }));
const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((value) => ({ value, at: below(1_000_000) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
const sum = (list: readonly Grant[]): number => list.reduce((total, { remaining }) => total + remaining, 0);
const ROUNDS = Array.from({ length: 60 }, (_, i) => i);

describe("a list of grants", () => {
  it("is read and written as it is, without those of which nothing is left", async () => {
    const list = [
      { id: id(1), source: "plan", remaining: 9_007_199_254_740_991, expiresAt: 0 },
      { id: id(2), source: "pack", remaining: 0, expiresAt: NOW },
      { id: id(3), source: "refund", remaining: 1, expiresAt: NOW + 1 },
    ] as const;
    expect(await withBooks(NOW, "return books().pack(books().unpack(ARGV[1]))", [packGrants(list)])).toBe(
      packGrants([list[0], list[2]]),
    );
    expect(await withBooks(NOW, "return tostring(#books().unpack(nil))")).toBe("0");
  });

  it("is in burn order, in whatever order its grants were given", async () => {
    for (const _ of ROUNDS) {
      const list = grantsAtRandom(8);
      const body = `local B, list = books(), {}
        for _, grant in ipairs(B.unpack(ARGV[1])) do B.give(list, grant) end
        return B.pack(list)`;
      expect(await withBooks(NOW, body, [packGrants(shuffled(list))])).toBe(packGrants(burnOrder(list)));
    }
  });

  it("gives to a grant that is there what it is given", async () => {
    for (const _ of ROUNDS) {
      const list = burnOrder(grantsAtRandom(6));
      const more = list.filter(() => below(2) === 0).map((one) => ({ ...one, remaining: 1 + below(5) }));
      const body = `local B = books()
        local list = B.unpack(ARGV[1])
        for _, grant in ipairs(B.unpack(ARGV[2])) do B.give(list, grant) end
        return B.pack(list)`;
      const expected = list.map((one) => ({
        ...one,
        remaining: one.remaining + (more.find((other) => other.id === one.id)?.remaining ?? 0),
      }));
      expect(await withBooks(NOW, body, [packGrants(list), packGrants(more)])).toBe(packGrants(expected));
    }
  });

  it("does not change what it was given of when it changes itself", async () => {
    const body = `local B, list = books(), {}
      local grant = {'g', 'pack', 5, '0'}
      B.give(list, grant)
      B.give(list, grant)
      return tostring(grant[3]) .. ' ' .. B.pack(list)`;
    expect(await withBooks(NOW, body)).toBe("5 g,pack,10,0;");
  });

  it("counts what is not over: what ends now is", async () => {
    for (const _ of ROUNDS) {
      const list = grantsAtRandom(6);
      const body = "return text(books().total(books().unpack(ARGV[1])))";
      const left = list.filter(({ expiresAt }) => expiresAt === 0 || expiresAt > NOW);
      expect(await withBooks(NOW, body, [packGrants(list)])).toBe(String(sum(left)));
    }
  });

  it("burns in its order, as far as it reaches, and tells the rest", async () => {
    for (const _ of ROUNDS) {
      const list = burnOrder(grantsAtRandom(5));
      const amount = below(60);
      const body = `local B = books()
        local list = B.unpack(ARGV[1])
        local taken, short = B.burn(list, tonumber(ARGV[2]))
        return B.pack(list) .. '/' .. B.pack(taken) .. '/' .. text(short) .. '/' .. tostring(#taken)`;
      let missing = amount;
      const taken: Grant[] = [];
      const left = list.map((one) => {
        const burnt = Math.min(one.remaining, missing);
        missing -= burnt;
        if (burnt > 0) taken.push({ ...one, remaining: burnt });
        return { ...one, remaining: one.remaining - burnt };
      });
      const rest = left.filter(({ remaining }) => remaining > 0);
      expect(await withBooks(NOW, body, [packGrants(list), amount])).toBe(
        `${packGrants(rest)}/${packGrants(taken)}/${missing}/${taken.length}`,
      );
    }
  });

  it("takes nothing from a grant of which nothing is left", async () => {
    const body = `local taken = books().burn({{'a', 'pack', 0, '0'}, {'b', 'pack', 4, '0'}}, 3)
      return tostring(#taken) .. taken[1][1]`;
    expect(await withBooks(NOW, body)).toBe("1b");
  });

  it("writes nothing off of which nothing is left when it ends, and is empty where there is none", async () => {
    const swept =
      "local live = books().commit({}, {{'a', 'pack', 0, '1'}})\nreturn #live .. ' ' .. call('XLEN', OUTBOX)";
    expect(await withBooks(NOW, swept)).toBe("0 0");
    expect(await withBooks(NOW, "return #books().unpack(nil)")).toBe("0");
  });

  it("is told as parts with a sign", async () => {
    const body = "return books().parts({{'a', 'pack', 5, '0'}, {'b', 'plan', 7, '0'}}, tonumber(ARGV[1]))";
    expect(await withBooks(NOW, body, [1])).toBe("a,5;b,7;");
    expect(await withBooks(NOW, body, [-1])).toBe("a,-5;b,-7;");
  });

  it("that was held comes back less what was used, first in, first used", async () => {
    for (const _ of ROUNDS) {
      const held = grantsAtRandom(5);
      const used = below(sum(held) + 1);
      const body = `local B = books()
        local back, sum = B.back(ARGV[1], tonumber(ARGV[2]))
        return B.pack(back) .. '/' .. text(sum) .. '/' .. tostring(#back)`;
      let rest = used;
      const back = held.flatMap((one) => {
        const consumed = Math.min(one.remaining, rest);
        rest -= consumed;
        return one.remaining > consumed ? [{ ...one, remaining: one.remaining - consumed }] : [];
      });
      expect(await withBooks(NOW, body, [packGrants(held), used])).toBe(
        `${packGrants(back)}/${sum(back)}/${back.length}`,
      );
    }
    expect(unpackGrants("")).toEqual([]);
  });
});

describe("caps", () => {
  const reached =
    "local scope, period, limit = books().cap_reached(ARGV[2], tonumber(ARGV[3]))\nreturn (scope or 'none') .. ' ' .. (period or '') .. ' ' .. (limit or '')";
  const cap = (more: Partial<Cap>): Cap => ({
    scope: "*",
    daily: null,
    monthly: null,
    spentToday: 0,
    spentThisMonth: 0,
    ...more,
  });
  const ask = (caps: readonly Cap[], app: string, amount: number, then = NOW) =>
    withBooks(NOW, `caps = ARGV[1]\n${reached}`, [packCaps(caps, then), app, amount]);

  it("are reached by what would pass them, and not by what fills them", async () => {
    expect(await ask([cap({ daily: 10, spentToday: 4 })], "a", 6)).toBe("none  ");
    expect(await ask([cap({ daily: 10, spentToday: 4 })], "a", 7)).toBe("* day 10");
    expect(await ask([cap({ monthly: 10, spentThisMonth: 4 })], "a", 6)).toBe("none  ");
    expect(await ask([cap({ monthly: 10, spentThisMonth: 4 })], "a", 7)).toBe("* month 10");
    expect(await ask([cap({ daily: 0 })], "a", 1)).toBe("* day 0");
    expect(await ask([], "a", 1)).toBe("none  ");
  });

  it("are of their app, or of all; the first that is reached is told", async () => {
    const own = cap({ scope: "a", daily: 5 });
    expect(await ask([own], "a", 6)).toBe("a day 5");
    expect(await ask([own], "b", 6)).toBe("none  ");
    expect(await ask([cap({ daily: 9 }), own], "a", 6)).toBe("a day 5");
    expect(await ask([cap({ daily: 3 }), own], "a", 6)).toBe("* day 3");
    expect(await ask([cap({ daily: 20, monthly: 5 })], "a", 6)).toBe("* month 5");
  });

  it("begin again with the day and the month, and not when the clock goes back", async () => {
    const full = cap({ daily: 10, monthly: 30, spentToday: 10, spentThisMonth: 30 });
    const day = 86_400_000;
    expect(await ask([full], "a", 1, NOW)).toBe("* day 10");
    expect(await ask([full], "a", 1, NOW - day)).toBe("* month 30");
    expect(await ask([full], "a", 1, NOW - 31 * day)).toBe("none  ");
    expect(await ask([full], "a", 11, NOW - 31 * day)).toBe("* day 10");
    expect(await ask([full], "a", 1, NOW + day)).toBe("* day 10");
    expect(await ask([{ ...full, daily: null }], "a", 1, NOW + 31 * day)).toBe("* month 30");
  });

  const spend = (caps: readonly Cap[], app: string, amount: number, when: number, then = NOW) =>
    withBooks(NOW, "caps = ARGV[1]\nbooks().spend(ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]))\nreturn caps", [
      packCaps(caps, then),
      app,
      amount,
      when,
    ]);
  const some = [
    cap({ scope: "*", daily: 50, spentToday: 4, spentThisMonth: 20 }),
    cap({ scope: "a", monthly: 60, spentToday: 3, spentThisMonth: 9 }),
    cap({ scope: "b", daily: 1, monthly: 2, spentToday: 1, spentThisMonth: 2 }),
  ];
  const added = (day: number, month: number) =>
    some.map((one) =>
      one.scope === "b"
        ? one
        : { ...one, spentToday: one.spentToday + day, spentThisMonth: one.spentThisMonth + month },
    );

  it("count what is spent now, of their app or of all, and keep their limits", async () => {
    expect(await spend(some, "a", 5, NOW)).toBe(packCaps(added(5, 5), NOW));
    // Whatever is said of when: what is spent is spent now.
    expect(await spend(some, "a", 5, 0)).toBe(packCaps(added(5, 5), NOW));
  });

  it("give back what was spent on the day and in the month they count, and never go below nothing", async () => {
    const day = 86_400_000;
    expect(await spend(some, "a", -2, NOW)).toBe(packCaps(added(-2, -2), NOW));
    expect(await spend(some, "a", -2, NOW - day)).toBe(packCaps(added(0, -2), NOW));
    expect(await spend(some, "a", -2, NOW - 31 * day)).toBe(packCaps(added(0, 0), NOW));
    expect(await spend(some, "a", -100, NOW)).toBe(
      packCaps(
        some.map((one) => (one.scope === "b" ? one : { ...one, spentToday: 0, spentThisMonth: 0 })),
        NOW,
      ),
    );
    expect(await spend(some, "a", 0, NOW)).toBe(packCaps(some, NOW));
  });

  it("move on to today and this month, and never back", async () => {
    const day = 86_400_000;
    const anew = some.map((one) => ({ ...one, spentToday: 0, spentThisMonth: 0 }));
    const with5 = anew.map((one) => (one.scope === "b" ? one : { ...one, spentToday: 5, spentThisMonth: 5 }));
    expect(await spend(some, "a", 5, NOW, NOW - 31 * day)).toBe(packCaps(with5, NOW));
    // Counted on a day that has not come yet: it stays the day they count.
    expect(await spend(some, "a", 5, NOW, NOW + 31 * day)).toBe(packCaps(added(5, 5), NOW + 31 * day));
    expect([dayOf(NOW), monthOf(NOW)]).toEqual([20_649, 2026 * 12 + 7]);
  });
});
