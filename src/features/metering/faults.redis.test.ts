import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { db, openDatabase } from "@/db/client";
import { deadLetters, tokenUsage } from "@/db/schema/metering";
import { isExactOrigin } from "@/features/keys/rules";
import { MissLimit } from "@/features/metering/edge/rules";
import { mintApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import {
  backlogOf,
  bent,
  ctxOf,
  forget,
  lettersOf,
  overHttp,
  patient,
  pause,
  timedOut,
  use,
  usesOf,
  whileHeld,
} from "@/test/ledger";
import { accountState, checkedAfterEach, consumeWith, drain, meterDeps, testBrand } from "@/test/meter";
import { handleConsume } from "./edge/handler";
import { applyIntents, owe } from "./intents/service";
import { hydrateAccount } from "./reconcile/service";
import { catalogKey, outboxKey } from "./rules";

checkedAfterEach();

describe("a lock in Postgres that was not to be had in time", () => {
  // lock_not_available: a fault of the moment, not of the entry.
  const gaveUp = { cause: { code: "55P03" } };

  it("makes no use a dead letter", async () => {
    const brand = await testBrand({ tokens: 100 });
    expect(await use(brand)).toBe(200);
    await forget(brand);
    await whileHeld(sql`select from api_keys where customer_id = ${brand.customerId} for update`, () =>
      expect(hydrateAccount(metering(), brand.account)).rejects.toMatchObject(gaveUp),
    );
    expect(await backlogOf(brand)).toBe(1);
    expect(await use(brand)).toBe(200);
    await drain(brand);
    expect(await lettersOf(brand)).toHaveLength(0);
    expect(await usesOf(brand)).toHaveLength(2);
    expect((await accountState(brand)).b).toBe("90");
  });

  it("closes no brand whose grant was drained while an index was being built", async () => {
    const brand = await testBrand({ tokens: 100 });
    await owe(ctxOf(brand), { mode: "live", source: "pack", tokens: 50, businessKey: `pack:${brand.customerId}` });
    await applyIntents(metering(), brand.account);
    await forget(brand);
    // What CREATE INDEX takes.
    await whileHeld(sql`lock table grant_intents in share mode`, () =>
      expect(hydrateAccount(metering(), brand.account)).rejects.toMatchObject(gaveUp),
    );
    expect(await use(brand)).toBe(200);
    expect(await applyIntents(metering(), brand.account)).toBe(0);
    expect((await accountState(brand)).b).toBe("145");
    expect(await lettersOf(brand)).toHaveLength(0);
  });
});

describe("callers on accounts that are missing", () => {
  it("are all served, and leave Postgres connections for others", async () => {
    const brand = await testBrand({ tokens: 10_000 });
    await forget(brand);
    const others = (async () => {
      const answers: string[] = [];
      for (let i = 0; i < 10; i++) {
        const other = openDatabase(env().DATABASE_URL, { max: 1 });
        answers.push(
          await other.execute(sql`select 1`).then(
            () => "served",
            () => "refused",
          ),
        );
        await other.$client.end({ timeout: 1 });
        await pause(50);
      }
      return answers;
    })();
    const asked = { deps: { ...overHttp, ...patient() } };
    const callers = Array.from({ length: 200 }, () => consumeWith(brand.secretKey.secret, asked));
    const statuses = (await Promise.all(callers)).map(({ status }) => status);
    expect(await others).toEqual(Array(10).fill("served"));
    expect(statuses).toEqual(Array(200).fill(200));
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "9000" });
  }, 60_000);

  it("are all served where the accounts are many", async () => {
    const brands = [];
    for (let i = 0; i < 12; i++) brands.push(await testBrand({ tokens: 1000 }));
    for (const brand of brands) await forget(brand);
    const asked = { deps: { ...overHttp, ...patient() } };
    const callers = brands.flatMap((brand) =>
      Array.from({ length: 12 }, () => consumeWith(brand.secretKey.secret, asked)),
    );
    const statuses = (await Promise.all(callers)).map(({ status }) => status);
    expect(statuses).toEqual(Array(144).fill(200));
    for (const brand of brands) expect(await accountState(brand)).toMatchObject({ e: "2", b: "940" });
  }, 60_000);
});

describe("details of a use", () => {
  it.each(["1:2:3:4::5:6:7:8", "01.02.03.04", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"])(
    "do not keep it out of the ledger where the shopper's address is %s",
    async (ip) => {
      const brand = await testBrand({ tokens: 100 });
      const server = await consumeWith(brand.secretKey.secret, {
        body: { app_id: "vto-001", metadata: { ip_address: ip } },
      });
      const page = await consumeWith(brand.publicKey.secret, { headers: { "x-forwarded-for": ip } });
      expect([server.status, page.status]).toEqual([200, 200]);
      expect(await drain(brand)).toMatchObject({ written: 2, poisoned: 0 });
      expect(await lettersOf(brand)).toHaveLength(0);
    },
  );

  it("arrive as they were sent, also beyond ASCII", async () => {
    const brand = await testBrand({ tokens: 100 });
    const session = 'sess-é😀"\\{},NULL';
    const metadata = { 'k"\\': "ü😀\\", n: 1e-320 };
    const agent = "x".repeat(399);
    const response = await consumeWith(brand.secretKey.secret, {
      // The agent is cut in the middle of its last character.
      body: { app_id: "vto-001", session_id: session, metadata: { ...metadata, user_agent: `${agent}😀` } },
    });
    const { usage_id } = await response.json();
    expect(await drain(brand)).toMatchObject({ written: 1, poisoned: 0 });
    const [row] = await db().select().from(tokenUsage).where(eq(tokenUsage.id, usage_id));
    expect(row).toMatchObject({ sessionId: session, metadata });
    expect(row?.userAgent?.slice(0, 399)).toBe(agent);
    expect(row?.userAgent?.length).toBeLessThanOrEqual(400);
  });

  it("move into the partition of their month where they came before it was made", async () => {
    const brand = await testBrand({ tokens: 100 });
    const [month] = await db().execute(sql`select to_char(now() + interval '7 months', 'YYYY_MM') as early,
      to_char(now() + interval '9 months', 'YYYY_MM') as last`);
    const home = async () =>
      (
        await db().execute(sql`select tableoid::regclass::text as home from token_usage
        where customer_id = ${brand.customerId}`)
      )[0]?.home;
    try {
      await db().execute(sql`insert into token_usage (id, customer_id, mode, app_id, tokens_consumed, created_at)
        select gen_random_uuid(), ${brand.customerId}, 'live', id, 1, now() + interval '7 months' from apps limit 1`);
      expect(await home()).toBe("token_usage_default");
      await db().execute(sql`select ensure_token_usage_partitions((current_date + interval '7 months')::date, 1, 3)`);
      expect(await home()).toBe(`token_usage_${month?.early}`);
      const [made] = await db().execute(sql`select to_regclass(${`token_usage_${month?.last}`})::text as name`);
      expect(made?.name).toBe(`token_usage_${month?.last}`);
    } finally {
      await db().delete(tokenUsage).where(eq(tokenUsage.customerId, brand.customerId));
    }
  });
});

describe("an entry of the outbox", () => {
  it("is kept also where its stream id was used before", async () => {
    const brand = await testBrand({ tokens: 100 });
    const key = outboxKey(brand.partition);
    const streamId = "9000000000000-1";
    try {
      for (const nonsense of ["first", "second"]) {
        await redis().xadd(key, streamId, { nonsense });
        expect(await drain(brand)).toMatchObject({ poisoned: 1 });
        // Its memory is lost, and its clock behind: it counts from the beginning.
        await redis().del(key);
      }
    } finally {
      await redis().del(key);
    }
    const letters = await db().select().from(deadLetters).where(eq(deadLetters.streamId, streamId));
    expect(letters.map(({ fields }) => fields.nonsense).toSorted()).toEqual(["first", "second"]);
  });

  it("does not stop its partition where its account is no uuid", async () => {
    const brand = await testBrand({ tokens: 100 });
    const account = `${"-".repeat(36)}:live`;
    const fields = { a: account, e: "1", s: "1", o: "x", k: "usage", t: "1", d: "-1", b: "0", g: "", n: "1" };
    await redis().xadd(outboxKey(brand.partition), "*", { ...fields, p: "vto-001" });
    expect(await use(brand)).toBe(200);
    expect(await drain(brand)).toMatchObject({ written: 1, poisoned: 1 });
    expect(await backlogOf(brand)).toBe(0);
    const letters = await db().select().from(deadLetters).where(sql`${deadLetters.fields}->>'a' = ${account}`);
    expect(letters).toMatchObject([{ reason: "poison", customerId: null, partition: brand.partition }]);
  });
});

describe("a request to the edge", () => {
  it("with a key whose record is merely gone is served, however many come at once from one address", async () => {
    const brand = await testBrand({ tokens: 1_000, apps: ["pdc-001"] });
    const deps = { misses: new MissLimit(5) };
    const all = async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => consumeWith(brand.secretKey.secret, { body: { app_id: "pdc-001" }, deps })),
      );
      return answers.filter((answer) => answer.status === 200).length;
    };
    for (let restart = 0; restart < 3; restart++) {
      await redis().del(...(await redis().keys(`{p${String(brand.partition).padStart(2, "0")}}:key:*`)));
      expect(await all()).toBe(100);
    }
    expect((await accountState(brand)).b).toBe("700");
    await drain(brand);
  });

  it("with a forged key costs a look-up only until its address has had its share", async () => {
    const brand = await testBrand({ tokens: 100 });
    let loads = 0;
    const real = meterDeps().load;
    const deps: Parameters<typeof meterDeps>[0] = {
      misses: new MissLimit(),
      load: (want, signal) => {
        loads++;
        return real(want, signal);
      },
    };
    const before = await redis().dbsize();
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => {
        const forged = mintApiKey({ kind: "sk", mode: "live", customerId: brand.customerId }).text;
        return consumeWith(forged, { headers: { "x-forwarded-for": "198.51.100.7" }, deps });
      }),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([loads, count(401), count(503)]).toEqual([60, 60, 240]);
    // Each look-up is remembered for a moment, and nothing else is.
    expect((await redis().dbsize()) - before).toBeLessThanOrEqual(60);
    // Somebody else's key is looked up at once.
    const elsewhere = mintApiKey({ kind: "sk", mode: "live", customerId: brand.customerId }).text;
    const answer = await consumeWith(elsewhere, { headers: { "x-forwarded-for": "198.51.100.8" }, deps });
    expect(answer.status).toBe(401);
  });

  it("is taken from every origin that the form for keys takes", async () => {
    const origin = "https://my_shop.example";
    expect(isExactOrigin(origin)).toBe(true);
    const brand = await testBrand({ tokens: 100, origins: [origin] });
    const response = await consumeWith(brand.publicKey.secret, { origin });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  });

  it("whose body breaks off is answered", async () => {
    const brand = await testBrand({ tokens: 100 });
    const body = new ReadableStream({ start: (stream) => stream.error(new Error("the client went away")) });
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      body,
      duplex: "half",
      headers: { "content-type": "application/json", authorization: `Bearer ${brand.secretKey.secret}` },
    };
    const response = await handleConsume(new Request("http://localhost/x", init), meterDeps());
    expect(response.status).toBe(400);
    expect((await response.json()).code).toBe("invalid_request");
    expect((await accountState(brand)).b).toBe("100");
  });

  it("that retries an unknown outcome and finds state missing is told of its own attempt only", async () => {
    const brand = await testBrand({ tokens: 100 });
    const redisThatLoses = bent(
      () => true,
      async (real) => {
        await real();
        throw timedOut();
      },
    );
    const send = async (deps: Parameters<typeof meterDeps>[0]) =>
      (await consumeWith(brand.secretKey.secret, { idempotencyKey: "u", deps })).json();
    expect((await send({ redis: redisThatLoses })).code).toBe("outcome_unknown");
    await redis().del(catalogKey(brand.partition));
    const again = await send({ load: async () => "failed" });
    expect(again.code).toBe("metering_unavailable");
    expect(again.detail).toContain("by this attempt");
    // The first attempt had been debited, once, as it turns out when the state is back.
    expect(await send({})).toMatchObject({ success: true, tokens_remaining: 95 });
    await drain(brand);
    expect(await usesOf(brand)).toHaveLength(1);
  });
});
