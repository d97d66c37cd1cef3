import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { hashPassword } from "@/auth/passwords";
import { signInWithPassword } from "@/auth/sign-in";
import { LIMITS, LocalLimiter, signInThrottle } from "@/auth/throttle";
import { db } from "@/db/client";
import { env } from "@/lib/env";
import { redis } from "@/lib/redis";
import { makeBrand } from "@/test/brands";
import { checkedAfterEach, consumeWith, drain, testBrand } from "@/test/meter";

/** What whoever reads a copy of the stores does not learn. */

checkedAfterEach();

/** Every row of every table, as text. */
async function allRows(): Promise<string> {
  const tables = (await db().execute(
    sql`select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  )) as unknown as { name: string }[];
  expect(tables.length).toBeGreaterThan(20);
  const texts = await Promise.all(
    tables.map(({ name }) =>
      db().execute(sql.raw(`select coalesce(string_agg(t::text, chr(10)), '') as text from "${name}" t`)),
    ),
  );
  return texts.map(([row]) => String(row?.text)).join("\n");
}

/** Every key of Redis with what it holds, as the server itself writes it down. */
async function allKeys(): Promise<string> {
  const script = `
    local out = {}
    for _, key in ipairs(redis.call('KEYS', '*')) do
      local kind = redis.call('TYPE', key).ok
      local value = kind == 'string' and { redis.call('GET', key) } or kind == 'hash' and redis.call('HGETALL', key)
        or kind == 'zset' and redis.call('ZRANGE', key, 0, -1) or kind == 'set' and redis.call('SMEMBERS', key) or {}
      if kind == 'stream' then
        for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
          for _, field in ipairs(entry[2]) do value[#value + 1] = field end
        end
      end
      out[#out + 1] = key .. ' ' .. table.concat(value, ' ')
    end
    return table.concat(out, '\\n')`;
  return String(await redis().eval(script, [], []));
}

it("a secret key, a password and a session's token stand in no table and in no key of Redis", async () => {
  const brand = await testBrand({ tokens: 100 });
  const password = "correct horse battery staple";
  const people = await makeBrand(db(), await hashPassword(password));
  const throttle = signInThrottle(new LocalLimiter(LIMITS.account), new LocalLimiter(LIMITS.address), (email) => email);
  const headers = new Headers({ "x-forwarded-for": "203.0.113.7" });
  const { email } = people.people.admin;
  expect(await signInWithPassword({ email, password }, headers, { db: db(), throttle })).toMatchObject({ ok: true });
  const { secret } = brand.secretKey;
  expect((await consumeWith(secret, { idempotencyKey: "a-retry-of-mine" })).status).toBe(200);
  expect((await consumeWith(`${secret.slice(0, -1)}x`)).status).toBe(401);
  const undrained = await allKeys();
  await drain(brand);
  const dumps = { "Redis before the drain": undrained, Redis: await allKeys(), Postgres: await allRows() };
  // The search would find what is there.
  expect(dumps.Postgres).toContain(brand.customerId);
  expect(dumps.Redis).toContain(brand.customerId);
  const never = [
    secret,
    // Nor so much of it that the rest can be guessed.
    secret.slice(-30, -6),
    password,
    // A caller's own key for a retry is theirs to name, and may name somebody.
    "a-retry-of-mine",
    env().AUTH_SECRET,
    env().API_KEY_PEPPER,
    env().INTERNAL_SECRET,
  ];
  for (const [where, dump] of Object.entries(dumps)) {
    for (const text of never) expect([where, text, dump.includes(text)]).toEqual([where, text, false]);
  }
});
