import { beforeEach, describe, expect, it } from "vitest";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { keyOf } from "@/test/contract-calls";
import { ctxOf, entriesOf, forget, pause } from "@/test/ledger";
import {
  accountState,
  checkedAfterEach,
  consumeWith,
  drain,
  holdWith,
  releaseWith,
  settleWith,
  type TestBrand,
  testBrand,
} from "@/test/meter";
import { sweepDue } from "../jobs";
import { liveAccount } from "../queries";
import { heldResponse, resolvedResponse } from "./contract";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const hold = async (options?: Parameters<typeof holdWith>[1]): Promise<string> => {
  const response = await holdWith(sk(), options);
  expect(response.status).toBe(201);
  return (await response.json()).reservation_id;
};
const balance = async () => Number((await accountState(brand)).b);

describe("a reservation", () => {
  it("takes its tokens out of the balance, and a settle gives back what was not used", async () => {
    const response = await holdWith(sk(), { body: { app_id: "virtual-try-on", tokens_reserved: 30, expires_in: 60 } });
    expect(response.status).toBe(201);
    const held = heldResponse.parse(await response.json());
    expect(held).toMatchObject({ app_id: "vto-001", tokens_reserved: 30, tokens_remaining: 70 });
    expect(Date.parse(held.expires_at) - Date.now()).toBeGreaterThan(55_000);
    const settled = await settleWith(sk(), held.reservation_id, 12);
    expect(settled.status).toBe(200);
    const text = await settled.text();
    expect(await (await settleWith(sk(), held.reservation_id.toUpperCase(), 12)).text()).toBe(text);
    const answer = resolvedResponse.parse(JSON.parse(text));
    expect(answer).toMatchObject({ status: "settled", tokens_consumed: 12, tokens_returned: 18, tokens_remaining: 88 });
    await drain(brand);
    expect((await entriesOf(brand)).map(({ kind, tokens, delta }) => [kind, tokens, delta])).toEqual([
      ["grant", 100, 100],
      ["hold", 30, -30],
      ["settle", 12, 18],
    ]);
  });

  it.each([
    ["settled", (id: string) => settleWith(sk(), id, 4), (id: string) => settleWith(sk(), id, 5)],
    ["released", (id: string) => releaseWith(sk(), id), (id: string) => settleWith(sk(), id, 5)],
    ["settled with nothing", (id: string) => settleWith(sk(), id, 0), (id: string) => settleWith(sk(), id, 1)],
  ])("that is %s twice answers the same to the byte, and is closed to anything else", async (_, step, other) => {
    const id = await hold();
    const first = await step(id);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    const text = await first.text();
    await drain(brand);
    for (let i = 0; i < 2; i++) {
      const again = await step(id);
      expect(again.status).toBe(200);
      expect(await again.text()).toBe(text);
      expect(again.headers.get("idempotent-replayed")).toBe("true");
    }
    const wrong = await other(id);
    expect([wrong.status, (await wrong.json()).code]).toEqual([409, "reservation_closed"]);
  });

  it("is resolved once, however many try at the same moment", async () => {
    const id = await hold();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? settleWith(sk(), id, 3) : releaseWith(sk(), id))),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([...Array(10).fill(200), ...Array(10).fill(409)]);
    await drain(brand);
    expect((await entriesOf(brand)).filter(({ kind }) => kind === "settle" || kind === "release")).toHaveLength(1);
  });

  it("cannot be settled for more than it holds, and stays open then", async () => {
    const id = await hold();
    const response = await settleWith(sk(), id, 11);
    expect([response.status, (await response.json()).code]).toEqual([422, "amount_not_allowed"]);
    expect((await settleWith(sk(), id, 10)).status).toBe(200);
    expect(await balance()).toBe(90);
  });

  it("is not another brand's, nor another account's of the same brand", async () => {
    const id = await hold();
    const stranger = await testBrand({ tokens: 100 });
    for (const response of [
      await settleWith(stranger.secretKey.secret, id, 1),
      await releaseWith(stranger.secretKey.secret, id),
      await settleWith(sk(), "not-an-id", 1),
      await settleWith(sk(), crypto.randomUUID(), 1),
    ]) {
      expect([response.status, (await response.json()).code]).toEqual([404, "reservation_not_found"]);
    }
    expect((await settleWith(sk(), id, 1)).status).toBe(200);
  });

  it("is resolved by a key that covers its app, and told again to no other", async () => {
    const { secret } = await keyOf(brand, { appPermissions: ["pdc-001"] });
    const codeOf = async (response: Response) => [response.status, (await response.json()).code];
    const id = await hold({ body: { app_id: "vto-001", tokens_reserved: 30, expires_in: 60 } });
    expect(await codeOf(await settleWith(secret, id, 12))).toEqual([403, "app_not_permitted"]);
    expect(await codeOf(await releaseWith(secret, id))).toEqual([403, "app_not_permitted"]);
    expect(await balance()).toBe(70);
    expect((await settleWith(sk(), id, 12)).status).toBe(200);
    expect(await codeOf(await settleWith(secret, id, 12))).toEqual([403, "app_not_permitted"]);
    const own = await hold({ body: { app_id: "pdc-001", tokens_reserved: 10, expires_in: 60 } });
    expect((await releaseWith(secret, own)).status).toBe(200);
    expect(await balance()).toBe(88);
  });

  it("is refused beyond the balance, and to a public key", async () => {
    const much = await holdWith(sk(), { body: { app_id: "vto-001", tokens_reserved: 101 } });
    expect([much.status, (await much.json()).code]).toEqual([402, "insufficient_tokens"]);
    const page = await holdWith(brand.publicKey.secret, { origin: "https://shop.example" });
    expect([page.status, (await page.json()).code]).toEqual([403, "forbidden"]);
  });

  it.each([
    { tokens_reserved: 0 },
    { tokens_reserved: 1.5 },
    { tokens_reserved: "5" },
    { expires_in: 9 },
    { expires_in: 3601 },
    { more: 1 },
  ])("with %o is refused and the field named", async (body) => {
    const response = await holdWith(sk(), { body: { app_id: "vto-001", tokens_reserved: 5, ...body } });
    expect(response.status).toBe(400);
    expect((await response.json()).detail).toContain(Object.keys(body)[0]);
  });

  it("replays under its key to the byte, and refuses another request under it", async () => {
    const first = await holdWith(sk(), { idempotencyKey: "k" });
    const text = await first.text();
    const again = await holdWith(sk(), { idempotencyKey: "k" });
    expect([again.status, await again.text()]).toEqual([201, text]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    for (const body of [
      { app_id: "vto-001", tokens_reserved: 11 },
      { app_id: "pdc-001", tokens_reserved: 10 },
      { app_id: "vto-001", tokens_reserved: 10, expires_in: 60 },
    ]) {
      const other = await holdWith(sk(), { idempotencyKey: "k", body });
      expect([other.status, (await other.json()).code]).toEqual([422, "idempotency_key_reused"]);
    }
    // The same text is another key for a consume.
    expect((await consumeWith(sk(), { idempotencyKey: "k" })).status).toBe(200);
    expect(await balance()).toBe(85);
  });
});

/** Has its time be over without waiting for it. */
const lapse = async (id: string) => {
  const { accountKey, holdsKey, dueKey, accountName } = await import("../rules");
  const past = String(Date.now() - 1000);
  const key = accountKey(brand.account);
  const record = (await redis().hget<string>(key, `h:${id}`)) ?? "";
  await redis().hset(key, { [`h:${id}`]: record.replace(/^([^|]+\|\d+\|)\d+/, `$1${past}`), x: past });
  await redis().zadd(holdsKey(brand.account), { score: Number(past), member: id });
  await redis().zadd(dueKey(brand.partition), { score: Number(past), member: accountName(brand.account) });
};

describe("a reservation that nobody resolves", () => {
  it("releases itself, found by the sweep", async () => {
    const id = await hold();
    await lapse(id);
    await sweepDue(metering());
    expect(await balance()).toBe(100);
    await drain(brand);
    expect((await entriesOf(brand)).at(-1)).toMatchObject({ kind: "release", reservationId: id, delta: 10 });
  });

  it("is there for the next use, before any sweep, and the balance says so", async () => {
    const id = await hold({ body: { app_id: "vto-001", tokens_reserved: 98 } });
    const told = () => liveAccount(ctxOf(brand), metering(), { mode: "live" });
    expect(await told()).toMatchObject({ balance: 2, held: 98, grants: [{ remaining: 2 }] });
    expect((await consumeWith(sk())).status).toBe(402);
    await lapse(id);
    expect(await told()).toMatchObject({ balance: 100, held: 0, grants: [{ remaining: 100 }] });
    expect((await consumeWith(sk())).status).toBe(200);
    expect(await balance()).toBe(95);
  });

  it("has what a late release asks for, and is closed to a late settle", async () => {
    const [one, two] = [await hold(), await hold()];
    await lapse(one);
    await lapse(two);
    const settle = await settleWith(sk(), one, 5);
    expect([settle.status, (await settle.json()).code]).toEqual([409, "reservation_closed"]);
    const release = await releaseWith(sk(), two);
    expect([release.status, (await release.json()).status]).toEqual([200, "released"]);
    // One that was swept is told from the ledger.
    const three = await hold();
    await lapse(three);
    await sweepDue(metering());
    expect((await releaseWith(sk(), three)).status).toBe(200);
    expect((await settleWith(sk(), three, 1)).status).toBe(409);
    expect(await balance()).toBe(100);
  });
});

describe("a reservation whose account Redis has lost", () => {
  it("is open again after the hydrate, with the same tokens", async () => {
    const id = await hold();
    await drain(brand);
    await forget(brand);
    const settled = await settleWith(sk(), id, 4);
    expect(settled.status).toBe(200);
    expect(await balance()).toBe(96);
  });

  it("answers from the ledger what became of it", async () => {
    const id = await hold();
    const text = await (await settleWith(sk(), id, 4)).text();
    await drain(brand);
    const { operationKey } = await import("../rules");
    const { resolutionHash } = await import("./rules");
    await redis().del(operationKey(brand.partition, resolutionHash(brand.account, id)));
    await forget(brand);
    const again = await settleWith(sk(), id, 4);
    expect([again.status, await again.text()]).toEqual([200, text]);
    expect((await releaseWith(sk(), id)).status).toBe(409);
  });
});

describe("a settle that also does what was due", () => {
  it("is told again to the byte where Redis has lost it", async () => {
    const [one, two] = [await hold(), await hold()];
    await lapse(two);
    const text = await (await settleWith(sk(), one, 4)).text();
    await drain(brand);
    const { operationKey } = await import("../rules");
    const { resolutionHash } = await import("./rules");
    await redis().del(operationKey(brand.partition, resolutionHash(brand.account, one)));
    await forget(brand);
    const again = await settleWith(sk(), one, 4);
    expect([again.status, await again.text()]).toEqual([200, text]);
  });
});

describe("grants under a reservation", () => {
  it("whose time is over meanwhile get nothing back that lasts", async () => {
    const { applyIntents, owe } = await import("../intents/service");
    const soon = new Date(Date.now() + 1500);
    await owe(ctxOf(brand), {
      mode: "live",
      source: "plan",
      tokens: 40,
      expiresAt: soon,
      businessKey: `plan:${brand.customerId}`,
    });
    await applyIntents(metering(), brand.account);
    const id = await hold({ body: { app_id: "vto-001", tokens_reserved: 60 } });
    await pause(1700);
    // 40 of the plan and 20 of the pack were held; 10 were used, of the plan, whose other 30 come back too late.
    expect((await settleWith(sk(), id, 10)).status).toBe(200);
    expect(await balance()).toBe(100);
    await drain(brand);
    expect((await entriesOf(brand)).slice(-2)).toMatchObject([
      { kind: "settle", delta: 50 },
      { kind: "expiry", delta: -30 },
    ]);
  });

  it("are not minted where the plan becomes unlimited, or limited, under it", async () => {
    const { changeLimit } = await import("../service");
    const limited = await hold();
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
    const free = await hold();
    expect((await settleWith(sk(), limited, 3)).status).toBe(200);
    expect(await balance()).toBe(97);
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: false });
    expect((await releaseWith(sk(), free)).status).toBe(200);
    expect(await balance()).toBe(97);
  });
});
