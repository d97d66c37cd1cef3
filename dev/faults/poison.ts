import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { createKey } from "@/features/keys/service";
import { applyIntents, owe } from "@/features/metering/intents/service";
import { accountKey, catalogKey, outboxKey } from "@/features/metering/rules";
import { accountOf } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { ctxOf } from "@/test/ledger";
import { consumeWith, drain } from "@/test/meter";
import { audit, drainShop, soundness } from "./audit";
import { Dice } from "./random";
import type { Rig } from "./rig";
import { type Outcome, type RunOptions, type Scenario, Tally } from "./scenario";
import { Shop } from "./shop";

const UNKNOWN_APP = "xyz-999";
const BATCH = 100;

/** Opens a test account beside the live one, so that two accounts share the partition. @returns its secret key */
async function neighbour(shop: Shop): Promise<string> {
  const ctx = ctxOf(shop.brand);
  const { secret } = await createKey(ctx, {
    name: "neighbour",
    kind: "sk",
    mode: "test",
    origins: [],
    scopes: ["tokens:consume"],
    appPermissions: null,
    rateLimit: 1_000_000,
    expiresAt: null,
  });
  await owe(ctx, { mode: "test", source: "pack", tokens: 1_000, businessKey: `sandbox:${shop.brand.customerId}` });
  const account = accountOf(shop.brand.customerId, "test");
  while ((await applyIntents(metering(), account)) > 0) await drainShop(shop);
  return secret;
}

/** Has Redis sell an app that Postgres does not know: a use that is answered, and that the ledger cannot take. */
async function plantApp(shop: Shop): Promise<void> {
  await redis().hset(catalogKey(shop.brand.partition), { [`app:${UNKNOWN_APP}`]: `${UNKNOWN_APP}|5|available|0` });
  await redis().hset(accountKey(shop.brand.account), { [`app:${UNKNOWN_APP}`]: "1" });
}

async function poison(_rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  for (let round = 1; round <= options.rounds; round++) {
    const how = `round ${round}`;
    const shop = await Shop.open(10_000);
    const { partition, customerId } = shop.brand;
    const secret = await neighbour(shop);
    const other = async () => {
      const status = (await consumeWith(secret, { body: { app_id: "pdc-001" } })).status;
      tally.expect(status === 200, `${how}: the other account was answered ${status}`);
    };
    await plantApp(shop);
    const bad = dice.between(0, BATCH - 1);
    // One after the other: the bad row has its place among the good ones.
    await shop.sellMany(BATCH, 1, (i) => (i === bad ? { app: UNKNOWN_APP } : {}));
    const result = await drain(shop.brand);
    tally.add({ batches: 1, "rows that landed": result.written, "dead letters of bad rows": result.poisoned });
    tally.expect(
      result.written === BATCH - 1 && result.poisoned === 1,
      `${how}: of ${BATCH} with one bad row ${result.written} landed and ${result.poisoned} became dead letters`,
    );
    // Nonsense at the head, between and behind what others do.
    const nonsense = [
      { nonsense: "1" },
      { a: `${customerId}:live`, e: "x", s: "1" },
      { a: `${crypto.randomUUID()}:live`, e: "1", s: "1", o: "o", k: "usage", t: "1", d: "-1", b: "0", g: "", n: "1" },
    ];
    for (const fields of nonsense) {
      await redis().xadd(outboxKey(partition), "*", fields);
      await other();
      await shop.sell();
    }
    await drainShop(shop);
    const [letters] = await db().execute(
      sql`select count(*)::int as n from dead_letters where partition = ${partition} and created_at > now() - interval '1 minute'
        and (fields->>'nonsense' = '1' or fields->>'e' = 'x' or fields->>'a' = ${nonsense[2]?.a ?? ""})`,
    );
    tally.add({ "poison entries": nonsense.length });
    tally.expect(
      Number(letters?.n) >= nonsense.length,
      `${how}: of ${nonsense.length} poison entries ${letters?.n} are kept`,
    );
    const [entries] = await db().execute(
      sql`select count(*)::int as n from ledger_entries where customer_id = ${customerId} and mode = 'test' and kind = 'usage'`,
    );
    tally.expect(Number(entries?.n) === nonsense.length, `${how}: ${entries?.n} uses of the other account landed`);
    tally.expect((await redis().xlen(outboxKey(partition))) === 0, `${how}: the outbox is not empty`);
    await redis().hdel(catalogKey(partition), `app:${UNKNOWN_APP}`);
    tally.take(await audit(shop, { letters: true }), how);
    options.report(`${round} of ${options.rounds}`);
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const poisonScenario: Scenario = {
  name: "poison",
  shows: "one bad row in a batch of 100, and entries that are nonsense: 99 land, 1 is a dead letter, others go on",
  catches: ["one bad row gives up its batch: 100 became dead letters", "a bad row stops the drain"],
  short: { rounds: 2 },
  long: { rounds: 50 },
  run: poison,
};
