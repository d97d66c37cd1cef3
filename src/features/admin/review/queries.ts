import { eq, sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { StaffCtx } from "@/db/context";
import { apiKeys } from "@/db/schema/keys";
import { customers } from "@/db/schema/people";
import { wordsOf } from "@/features/usage/alerts/rules";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import type { FindKeyOutput, Sign } from "./contract";
import {
  countryWords,
  inOrder,
  keyWithin,
  NEW_COUNTRIES,
  NEW_SHARE,
  REFUSED_OFTEN,
  refusedWords,
  TELLING,
} from "./rules";

/** How many signs of a kind are told at most. */
const MOST = 100;
/** How long use that stood out is worth a look, days. */
const UNUSUAL_DAYS = 7;

type Found = Omit<Sign, "brand" | "dismissed">;

/** Use that stands out against the brand's own weeks before, as its alerts saw it. */
async function unusual({ db }: StaffCtx): Promise<Found[]> {
  const rows = await db.execute(sql`
    select id, customer_id, subject, threshold, facts, opened_at from alert_crossings
    where kind = 'unusual' and (closed_at is null or opened_at > now() - make_interval(days => ${UNUSUAL_DAYS}))
    order by opened_at desc limit ${MOST}`);
  return rows.map((row) => {
    const facts = row.facts as Record<string, unknown>;
    const { title, body } = wordsOf("unusual", Number(row.threshold), String(row.subject), facts);
    const at = new Date(String(row.opened_at)).toISOString();
    return {
      id: `unusual:${row.id}`,
      kind: "unusual",
      customerId: String(row.customer_id),
      at,
      title,
      body,
      key: null,
    };
  });
}

/** Keys that were refused often within a day, or once from a browser where they are secret. */
async function refused({ db }: StaffCtx): Promise<Found[]> {
  const rows = await db.execute(sql`
    select r.customer_id, r.key_id, r.code, sum(r.times)::int as times, max(r.hour) as last,
      (max(r.hour) at time zone 'UTC')::date::text as day, k.name, k.revoked_at
    from key_refusals r join api_keys k on k.key_id = r.key_id and k.customer_id = r.customer_id
    where r.hour > now() - interval '1 day' and r.code = any(${listOf(TELLING)}::text[])
    group by r.customer_id, r.key_id, r.code, k.name, k.revoked_at
    having sum(r.times) >= ${REFUSED_OFTEN} or (r.code = 'secret_key_in_browser' and k.revoked_at is null)
    order by times desc limit ${MOST}`);
  return rows.map((row) => {
    const [keyId, code, name] = [String(row.key_id), String(row.code), String(row.name)];
    return {
      id: `refused:${keyId}:${code}:${row.day}`,
      kind: code === "secret_key_in_browser" ? "secret_in_browser" : "refused",
      customerId: String(row.customer_id),
      at: new Date(String(row.last)).toISOString(),
      ...refusedWords(name, code, Number(row.times)),
      key: row.revoked_at === null ? { keyId, name } : null,
    };
  });
}

/** Brands whose uses come from many countries that they did not come from before. A brand's first weeks tell nothing. */
async function countries({ db }: StaffCtx): Promise<Found[]> {
  const rows = await db.execute(sql`
    with recent as (
      select customer_id, value, sum(uses) as uses, max(date) as last from usage_facets
      where facet = 'country' and mode = 'live' and date > current_date - 2 group by 1, 2 having sum(uses) > 0),
    fresh as (
      select r.* from recent r where not exists (
        select 1 from usage_facets f where f.customer_id = r.customer_id and f.mode = 'live' and f.facet = 'country'
          and f.value = r.value and f.date between current_date - 30 and current_date - 2)),
    shares as (
      select f.customer_id, json_agg(f.value order by f.uses desc, f.value) as fresh, max(f.last)::text as day,
        round(100 * sum(f.uses) / (select sum(uses) from recent r where r.customer_id = f.customer_id))::int as percent
      from fresh f group by 1)
    select * from shares s where json_array_length(fresh) >= ${NEW_COUNTRIES} and percent >= ${NEW_SHARE}
      and exists (select 1 from usage_facets f where f.customer_id = s.customer_id and f.mode = 'live'
        and f.facet = 'country' and f.date between current_date - 30 and current_date - 2)
    limit ${MOST}`);
  return rows.map((row) => ({
    id: `countries:${row.day}`,
    kind: "countries",
    customerId: String(row.customer_id),
    at: new Date(`${row.day}T00:00:00Z`).toISOString(),
    ...countryWords(row.fresh as string[], Number(row.percent)),
    key: null,
  }));
}

/** Signs of unusual use and of keys in the wrong hands. Of all tenants, and therefore for staff only. */
export async function signsOf(ctx: StaffCtx, input: { dismissed: boolean }): Promise<{ asOf: string; signs: Sign[] }> {
  const found = [...(await refused(ctx)), ...(await countries(ctx)), ...(await unusual(ctx))];
  const brands = await ctx.db.execute(sql`
    select id, name from customers where id = any(${listOf(found.map(({ customerId }) => customerId))}::uuid[])`);
  const dismissals = await ctx.db.execute(sql`
    select d.customer_id, d.sign, d.reason, d.created_at, u.name from sign_dismissals d left join users u on u.id = d.staff_id
    where d.sign = any(${listOf(found.map(({ id }) => id))}::text[])`);
  const names = new Map(brands.map((row) => [String(row.id), String(row.name)]));
  const aside = new Map(
    dismissals.map((row) => [
      `${row.customer_id} ${row.sign}`,
      {
        by: row.name === null ? "Someone who has left" : String(row.name),
        reason: String(row.reason),
        at: new Date(String(row.created_at)).toISOString(),
      },
    ]),
  );
  const signs = found.map((one) => ({
    ...one,
    brand: names.get(one.customerId) ?? one.customerId,
    dismissed: aside.get(`${one.customerId} ${one.id}`) ?? null,
  }));
  return {
    asOf: new Date().toISOString(),
    signs: inOrder(signs.filter(({ dismissed }) => input.dismissed || dismissed === null)),
  };
}

/** Whose key it is that somebody has found. What was pasted is neither kept nor told again. For staff only. */
export async function ownerOfKey({ db }: StaffCtx, input: { text: string }): Promise<FindKeyOutput> {
  const within = keyWithin(input.text);
  if (!within) return { state: "none" };
  const [row] = await db
    .select({ key: apiKeys, brand: customers.name })
    .from(apiKeys)
    .innerJoin(customers, eq(customers.id, apiKeys.customerId))
    .where(
      "keyId" in within
        ? eq(apiKeys.keyId, within.keyId)
        : eq(apiKeys.hmac, hmacApiKey(within.text, env().API_KEY_PEPPER)),
    );
  if (!row) return { state: "unknown" };
  const { customerId, keyId, name, kind, mode, revokedAt, expiresAt, lastUsedAt } = row.key;
  return {
    state: "found",
    key: {
      ...{ customerId, brand: row.brand, keyId, name, kind, mode },
      revokedAt: revokedAt?.toISOString() ?? null,
      expiresAt: expiresAt?.toISOString() ?? null,
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    },
  };
}
