import { eq, sql } from "drizzle-orm";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { db, openDatabase } from "@/db/client";
import type { Ctx } from "@/db/context";
import { outgoingMails } from "@/db/schema/mail";
import { notifications } from "@/db/schema/notifications";
import { customers } from "@/db/schema/people";
import { webhookDeliveries, webhookEndpoints, webhookMessages } from "@/db/schema/webhooks";
import { env } from "@/lib/env";
import type { Outside } from "@/lib/safe-fetch";
import { makeBrand } from "@/test/brands";
import { Receiver } from "@/test/receivers";
import { setPreference } from "../service";
import { deliverDue, deliveriesAtRest } from "../webhooks/jobs";
import { deliveriesOf, deliveryOf, viewsOf } from "../webhooks/queries";
import {
  createEndpoint,
  emit,
  removeEndpoint,
  replay,
  rotateSealedSecrets,
  rotateSecret,
  setEnabled,
  updateEndpoint,
} from "../webhooks/service";
import { attempt, claimNext, type DeliveryDeps, forgetOld, sendTest } from "./service";

const open: Receiver[] = [];
afterEach(async () => {
  await deliveriesAtRest();
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
  // What a test leaves behind is no other test's work.
  await db().execute(sql`update webhook_endpoints set enabled = false`);
});

const receiving = async (...args: Parameters<typeof Receiver.start>): Promise<Receiver> => {
  const receiver = await Receiver.start(...args);
  open.push(receiver);
  return receiver;
};
const brand = async (): Promise<Ctx> => {
  const { customerId, people } = await makeBrand(db());
  return { db: db(), customerId, actor: { type: "user", id: people.admin.userId } };
};
const listen = (ctx: Ctx, url: string, events: "key.revoked"[] | null = null) =>
  createEndpoint(ctx, { url, description: "", events });
const KEY = { key_id: "ak_live_x", name: "Shop", kind: "pk", mode: "live" } as const;
const revoke = (ctx: Ctx, name = "Shop") =>
  db().transaction((tx) =>
    emit(tx, ctx.customerId, "key.revoked", { ...KEY, name, revoked_at: "2026-11-21T12:00:00.000Z" }),
  );
const LOCAL: Outside = { resolve: async () => ["127.0.0.1"], loopback: true };
const deps = (more: Partial<DeliveryDeps> = {}): DeliveryDeps => ({ db: db(), out: LOCAL, patienceMs: 400, ...more });
const round = async (more: Partial<DeliveryDeps> = {}) => {
  await deliverDue(deps(more));
  await deliveriesAtRest();
};
/** The one delivery of a brand, as its log shows it. */
const only = async (ctx: Ctx) => {
  const [endpoint] = await viewsOf(ctx);
  const { deliveries } = await deliveriesOf(ctx, { endpointId: endpoint?.id ?? "", ...ALL });
  expect(deliveries).toHaveLength(1);
  return deliveryOf(ctx, deliveries[0]?.id ?? "");
};
/** What its people were told in the app. */
const noticed = (ctx: Ctx) => db().select().from(notifications).where(eq(notifications.customerId, ctx.customerId));
const ALL = { status: null, type: null, search: "", cursor: null } as const;
/** Has everything that waits be due now. */
const hurry = () => db().execute(sql`update webhook_deliveries set next_attempt_at = now() where status = 'pending'`);

describe("an event", () => {
  it("reaches each endpoint that chose it, signed as the official library wants it, and nobody else", async () => {
    const [ctx, foreign] = [await brand(), await brand()];
    const [all, chosen, other, theirs] = await Promise.all([1, 2, 3, 4].map(() => receiving()));
    const secrets = [
      (await listen(ctx, all?.url ?? "")).secret,
      (await listen(ctx, chosen?.url ?? "", ["key.revoked"])).secret,
    ];
    await createEndpoint(ctx, { url: other?.url ?? "", description: "", events: ["app.paused"] });
    await listen(foreign, theirs?.url ?? "");
    await revoke(ctx);
    await round();
    const [first] = all?.verified(secrets[0] ?? "") ?? [];
    expect(first).toMatchObject({ type: "key.revoked", data: { ...KEY, revoked_at: "2026-11-21T12:00:00.000Z" } });
    expect(chosen?.verified(secrets[1] ?? "")).toEqual([first]);
    expect([other?.got, theirs?.got]).toEqual([[], []]);
    expect(JSON.parse(all?.got[0]?.body ?? "")).toMatchObject({ version: 1, timestamp: expect.stringMatching(/Z$/) });
    await round();
    expect(all?.got).toHaveLength(1);
  });

  it("writes nothing where nobody listens, and nothing twice under one key", async () => {
    const ctx = await brand();
    await revoke(ctx);
    const rows = () => db().select().from(webhookMessages).where(eq(webhookMessages.customerId, ctx.customerId));
    expect(await rows()).toEqual([]);
    await listen(ctx, (await receiving()).url);
    const granted = { grant_id: ctx.customerId, source: "pack", tokens: 5, expires_at: null } as const;
    for (let i = 0; i < 2; i++)
      await db().transaction((tx) => emit(tx, ctx.customerId, "tokens.granted", granted, { key: "one" }));
    expect(await rows()).toHaveLength(1);
  });

  it("happens with the thing it tells of or not at all, whatever is killed when", async () => {
    const ctx = await brand();
    const receiver = await receiving();
    await listen(ctx, receiver.url);
    const own = openDatabase(env().DATABASE_URL, { max: 1 });
    const rename = (name: string, then: (pid: number) => Promise<unknown>) =>
      own.transaction(async (tx) => {
        await tx.update(customers).set({ name }).where(eq(customers.id, ctx.customerId));
        await emit(tx, ctx.customerId, "key.revoked", { ...KEY, name, revoked_at: "2026-11-21T12:00:00.000Z" });
        const [me] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        await then(me?.pid ?? 0);
      });
    await new Promise<void>((resolve) => {
      // Cut off after both were written and before the commit, which then never comes.
      void rename("Never", async (pid) => {
        const admin = openDatabase(process.env.STACK_POSTGRES_ADMIN_URL ?? "", { max: 1 });
        await admin.execute(sql`select pg_terminate_backend(${pid}, 5000)`).finally(() => admin.$client.end());
        resolve();
        return new Promise(() => {});
      }).catch(() => {});
    });
    await own.$client.end({ timeout: 0 });
    const [before] = await db().select().from(customers).where(eq(customers.id, ctx.customerId));
    expect(before?.name).not.toBe("Never");
    const again = openDatabase(env().DATABASE_URL, { max: 1 });
    await again.transaction(async (tx) => {
      await tx.update(customers).set({ name: "Renamed" }).where(eq(customers.id, ctx.customerId));
      await emit(tx, ctx.customerId, "key.revoked", {
        ...KEY,
        name: "Renamed",
        revoked_at: "2026-11-21T12:00:00.000Z",
      });
    });
    // Whoever wrote it is gone; the event is not.
    await again.$client.end({ timeout: 0 });
    const [row] = await db().select().from(customers).where(eq(customers.id, ctx.customerId));
    expect(row?.name).toBe("Renamed");
    await round();
    expect(receiver.got.map(({ body }) => JSON.parse(body).data.name)).toEqual(["Renamed"]);
  });
});

describe("an attempt that dies", () => {
  it.each(["claimed", "answered"] as const)(
    "when %s is made again once its lease is over, under the same id",
    async (point) => {
      const ctx = await brand();
      const receiver = await receiving();
      const { secret } = await listen(ctx, receiver.url);
      await revoke(ctx);
      const dies = { at: (at: string) => (at === point ? Promise.reject(new Error("killed")) : undefined) };
      await round(dies);
      expect((await only(ctx)).status).toBe("pending");
      // The lease holds: another process does not take it meanwhile.
      await round();
      expect(receiver.got).toHaveLength(point === "answered" ? 1 : 0);
      await hurry();
      await round();
      expect((await only(ctx)).status).toBe("delivered");
      expect(new Set(receiver.verified(secret).map(({ id }) => id)).size).toBe(1);
      expect(new Set(receiver.got.map(({ body }) => body)).size).toBe(1);
    },
  );

  it("of two processes is made by one", async () => {
    const ctx = await brand();
    const receiver = await receiving((response) => setTimeout(() => response.writeHead(200).end(), 100));
    const { endpoint } = await listen(ctx, receiver.url);
    await revoke(ctx);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimNext(db(), endpoint.id)));
    const won = claims.filter((claim) => claim !== null);
    expect(won).toHaveLength(1);
    for (const claim of won) expect(await attempt(deps(), claim)).toBe(true);
    expect(receiver.got).toHaveLength(1);
  });
});

describe("a receiver that fails", () => {
  it("is tried again after a pause, under the same id and to the byte, and its log says all of it", async () => {
    const ctx = await brand();
    const receiver = await receiving((response) => response.writeHead(500).end("broken \0 down"));
    const { secret } = await listen(ctx, receiver.url);
    await revoke(ctx);
    await round({ chance: () => 0.5 });
    const after = await only(ctx);
    expect(after).toMatchObject({ status: "pending", attempts: 1, lastStatus: 500, lastError: "It answered 500." });
    expect(after.tries).toMatchObject([{ status: 500, answer: "broken \uFFFD down", manual: false }]);
    const wait = Date.parse(after.nextAttemptAt ?? "") - Date.now();
    expect(wait).toBeGreaterThan(3_000);
    expect(wait).toBeLessThan(5_100);
    receiver.answer = (response) => response.writeHead(201).end("thanks");
    await hurry();
    await round();
    const done = await only(ctx);
    expect(done).toMatchObject({
      status: "delivered",
      attempts: 2,
      lastStatus: 201,
      lastError: null,
      nextAttemptAt: null,
    });
    expect(done.tries.map(({ status }) => status)).toEqual([201, 500]);
    const [first, second] = receiver.verified(secret);
    expect(second).toEqual(first);
    expect(first?.id).toBe(done.messageId);
    expect(receiver.got[0]?.body).toBe(receiver.got[1]?.body);
    expect((await viewsOf(ctx))[0]?.failingSince).toBeNull();
  });

  it("has what it asks for in Retry-After", async () => {
    const ctx = await brand();
    const receiver = await receiving((response) => response.writeHead(429, { "retry-after": "90" }).end());
    await listen(ctx, receiver.url);
    await revoke(ctx);
    await round();
    expect(Date.parse((await only(ctx)).nextAttemptAt ?? "") - Date.now()).toBeGreaterThan(80_000);
  });

  it("is given up after ten attempts", async () => {
    const ctx = await brand();
    await listen(ctx, (await receiving((response) => response.writeHead(500).end())).url);
    await revoke(ctx);
    for (let n = 0; n < 11; n++) {
      await hurry();
      await round();
    }
    expect(await only(ctx)).toMatchObject({ status: "failed", attempts: 10, nextAttemptAt: null });
  });

  it("is warned of after a day, turned off after three, and its admins are told each once", async () => {
    const ctx = await brand();
    const receiver = await receiving((response) => response.writeHead(503).end());
    const { endpoint } = await listen(ctx, receiver.url);
    const since = (hours: number) =>
      db().execute(
        sql`update webhook_endpoints set failing_since = date_trunc('day', now()) - ${hours} * interval '1 hour' where id = ${endpoint.id}`,
      );
    const mails = async () =>
      (await db().select().from(outgoingMails).where(eq(outgoingMails.customerId, ctx.customerId))).map(
        ({ kind }) => kind,
      );
    await revoke(ctx);
    await revoke(ctx, "Second");
    await round();
    expect(await mails()).toEqual([]);
    await since(24);
    for (let n = 0; n < 2; n++) {
      await hurry();
      await round();
    }
    expect(await mails()).toEqual(["webhooks.failing"]);
    expect(await noticed(ctx)).toEqual([]);
    await since(72);
    await hurry();
    await round();
    expect((await mails()).sort()).toEqual(["webhooks.disabled", "webhooks.failing"]);
    expect(await noticed(ctx)).toMatchObject([
      { kind: "webhook_disabled", tone: "stopped", href: `/settings/webhooks/${endpoint.id}` },
    ]);
    const [view] = await viewsOf(ctx);
    expect(view).toMatchObject({ enabled: false, disabledReason: "failing", failed: 2, waiting: 0 });
    const before = receiver.got.length;
    await revoke(ctx, "Third");
    await hurry();
    await round();
    expect(receiver.got).toHaveLength(before);
    // Once it is turned on again, what was missed can be sent.
    receiver.answer = (response) => response.writeHead(200).end();
    await expect(replay(ctx, { endpointId: endpoint.id })).rejects.toMatchObject({ code: "invalid_request" });
    expect(await setEnabled(ctx, { id: endpoint.id, enabled: true })).toMatchObject({
      enabled: true,
      failingSince: null,
    });
    expect(await replay(ctx, { endpointId: endpoint.id })).toMatchObject({ replayed: 2 });
    await round();
    expect((await viewsOf(ctx))[0]).toMatchObject({ delivered: 2, failed: 0 });
  });

  it("has three days anew where it is given another address, and none for another description", async () => {
    const ctx = await brand();
    const broken = await receiving((response) => response.writeHead(500).end());
    const { endpoint } = await listen(ctx, "https://hooks.example.com/old");
    await db().execute(sql`update webhook_endpoints set failing_since = now() - interval '71 hours'`);
    const { id } = endpoint;
    const same = { id, url: "https://hooks.example.com/old", description: "Shop", events: null };
    expect((await updateEndpoint(ctx, same)).failingSince).not.toBeNull();
    expect((await updateEndpoint(ctx, { ...same, url: broken.url })).failingSince).toBeNull();
    await revoke(ctx);
    await round({ now: () => new Date(Date.now() + 2 * 3_600_000) });
    expect((await viewsOf(ctx))[0]).toMatchObject({ enabled: true, failingSince: expect.any(String) });
  });

  it("is turned off at once where it answers 410", async () => {
    const ctx = await brand();
    await listen(ctx, (await receiving((response) => response.writeHead(410).end())).url);
    await revoke(ctx);
    await round();
    expect((await viewsOf(ctx))[0]).toMatchObject({ enabled: false, disabledReason: "gone", waiting: 0 });
    expect(await only(ctx)).toMatchObject({ status: "failed" });
    expect(await noticed(ctx)).toMatchObject([{ kind: "webhook_disabled", body: expect.stringContaining("410") }]);
  });

  it("tells an admin who wants no mail of it in the app alone, and one who wants neither not at all", async () => {
    const ctx = await brand();
    const off = (channel: "app" | "email") => setPreference(ctx, { kind: "webhook_disabled", channel, mode: "off" });
    const mails = () => db().select().from(outgoingMails).where(eq(outgoingMails.customerId, ctx.customerId));
    await off("email");
    const fail = async () => {
      await listen(ctx, (await receiving((response) => response.writeHead(410).end())).url);
      await revoke(ctx);
      await round();
    };
    await fail();
    expect([(await noticed(ctx)).length, (await mails()).length]).toEqual([1, 0]);
    await off("app");
    await fail();
    expect([(await noticed(ctx)).length, (await mails()).length]).toEqual([1, 0]);
  });
});

describe("a receiver that is slow", () => {
  it("holds up its own deliveries and nobody else's", async () => {
    const [ctx, quick] = [await brand(), await brand()];
    const never = await receiving(() => {});
    const fast = await receiving();
    await listen(ctx, never.url);
    await listen(quick, fast.url);
    for (let n = 0; n < 30; n++) await revoke(ctx);
    await deliverDue(deps({ patienceMs: 3_000 }));
    await revoke(quick);
    const started = Date.now();
    await deliverDue(deps());
    await expect.poll(() => fast.got.length).toBe(1);
    expect(Date.now() - started).toBeLessThan(1_500);
    expect(never.got.length).toBeLessThanOrEqual(4);
    await deliveriesAtRest();
    expect((await viewsOf(ctx))[0]).toMatchObject({ delivered: 0, waiting: 30 });
  });

  it("counts as failed once its time is over", async () => {
    const ctx = await brand();
    await listen(ctx, (await receiving(() => {})).url);
    await revoke(ctx);
    await round({ patienceMs: 100 });
    const { lastError, tries, lastStatus } = await only(ctx);
    expect([lastStatus, lastError]).toEqual([null, "No full answer within 0.1 seconds."]);
    expect(tries[0]?.durationMs).toBeGreaterThanOrEqual(100);
  });

  it("with an endless answer is read to a limit", async () => {
    const ctx = await brand();
    await listen(ctx, (await receiving((response) => response.writeHead(200).end("x".repeat(500_000)))).url);
    await revoke(ctx);
    await round();
    const { status, tries } = await only(ctx);
    expect([status, tries[0]?.answer?.length]).toEqual(["delivered", 4_096]);
  });
});

describe("a receiver that leads elsewhere", () => {
  it("by a redirect is not followed", async () => {
    const ctx = await brand();
    const target = await receiving();
    await listen(ctx, (await receiving((response) => response.writeHead(307, { location: target.url }).end())).url);
    await revoke(ctx);
    await round();
    expect((await only(ctx)).lastError).toBe("It answered 307, a redirect; webhooks do not follow any.");
    expect(target.got).toEqual([]);
  });

  it("to a private address is refused when it is saved, and again at each attempt", async () => {
    const ctx = await brand();
    for (const url of [
      "https://10.0.0.1/",
      "https://169.254.169.254/latest",
      "http://hooks.example.com/",
      "https://intranet/",
      "ftp://a.example/",
    ]) {
      await expect(listen(ctx, url), url).rejects.toMatchObject({ code: "invalid_request", fields: [{ path: "url" }] });
    }
    const { endpoint } = await listen(ctx, "https://hooks.example.com/");
    for (const url of ["http://127.0.0.1:1/x", "https://user:pw@hooks.example.com/"]) {
      const changed = updateEndpoint(ctx, { id: endpoint.id, url, description: "", events: null });
      if (url.startsWith("https")) await expect(changed).rejects.toMatchObject({ code: "invalid_request" });
      else await changed;
    }
    await revoke(ctx);
    await round({ out: { ...LOCAL, loopback: false } });
    expect((await only(ctx)).lastError).toBe("The address must begin with https://.");
  });

  it("by a name that was public when it was saved and is private now gets nothing", async () => {
    const ctx = await brand();
    const inside = await receiving();
    await listen(ctx, "https://hooks.example.com/");
    await revoke(ctx);
    const rebound = { resolve: async () => ["127.0.0.1"], loopback: false, port: inside.port };
    await db()
      .update(webhookEndpoints)
      .set({ url: `https://hooks.example.com:${inside.port}/` })
      .where(eq(webhookEndpoints.customerId, ctx.customerId));
    await round({ out: rebound });
    expect((await only(ctx)).lastError).toBe("The name leads to an address that is not one of the public internet.");
    expect(inside.got).toEqual([]);
  });
});

describe("a secret", () => {
  it("is shown once, lies encrypted, and overlaps with the next for a day", async () => {
    const ctx = await brand();
    const receiver = await receiving();
    const { endpoint, secret } = await listen(ctx, receiver.url);
    const rotated = await rotateSecret(ctx, { id: endpoint.id });
    expect(rotated.secret).not.toBe(secret);
    expect(Date.parse(rotated.endpoint.previousUntil ?? "") - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await revoke(ctx);
    await round();
    for (const known of [secret, rotated.secret]) expect(receiver.verified(known)).toHaveLength(1);
    await db().execute(
      sql`update webhook_endpoints set previous_until = now() - interval '1 second' where id = ${endpoint.id}`,
    );
    await revoke(ctx, "Later");
    await round();
    const last = receiver.got.at(-1);
    const headers = last?.headers as Record<string, string>;
    expect(() => new Webhook(secret).verify(last?.body ?? "", headers)).toThrow();
    expect(new Webhook(rotated.secret).verify(last?.body ?? "", headers)).toBeTruthy();
    expect((await viewsOf(ctx))[0]?.previousUntil).toBeNull();
    const [row] = await db().select().from(webhookEndpoints).where(eq(webhookEndpoints.id, endpoint.id));
    const seen = JSON.stringify([row, await viewsOf(ctx)]);
    for (const text of [secret, rotated.secret]) expect(seen).not.toContain(text.slice(6, 30));
  });
});

it("a new encryption key takes all secrets over, and they sign as before", async () => {
  const ctx = await brand();
  const receiver = await receiving();
  const { endpoint } = await listen(ctx, receiver.url);
  const { secret } = await rotateSecret(ctx, { id: endpoint.id });
  const old = env().ENCRYPTION_KEYS ?? "";
  const ring = env() as { ENCRYPTION_KEYS?: string };
  try {
    const next = `next:${Buffer.alloc(32, 9).toString("base64")}`;
    ring.ENCRYPTION_KEYS = `${next},${old}`;
    expect(await rotateSealedSecrets(db())).toBeGreaterThan(0);
    expect(await rotateSealedSecrets(db())).toBe(0);
    ring.ENCRYPTION_KEYS = next;
    await revoke(ctx);
    await round();
    expect(receiver.verified(secret)).toHaveLength(1);
    ring.ENCRYPTION_KEYS = `${old},${next}`;
    await rotateSealedSecrets(db());
  } finally {
    ring.ENCRYPTION_KEYS = old;
  }
});

describe("people", () => {
  it("send a test to one endpoint, on or off, and see what came back", async () => {
    const ctx = await brand();
    const receiver = await receiving((response) => response.writeHead(418).end("teapot"));
    const { endpoint, secret } = await listen(ctx, receiver.url, ["key.revoked"]);
    await setEnabled(ctx, { id: endpoint.id, enabled: false });
    const failed = await sendTest(ctx, { id: endpoint.id }, deps());
    expect(failed).toMatchObject({ status: "failed", lastStatus: 418, tries: [{ answer: "teapot", manual: true }] });
    expect(receiver.verified(secret)).toMatchObject([{ type: "webhook.test" }]);
    receiver.answer = (response) => response.writeHead(200).end();
    expect(await sendTest(ctx, { id: endpoint.id }, deps())).toMatchObject({ status: "delivered" });
    // A test says nothing about the endpoint.
    expect((await viewsOf(ctx))[0]).toMatchObject({ failingSince: null, delivered: 0, failed: 0 });
    await setEnabled(ctx, { id: endpoint.id, enabled: true });
    expect(await replay(ctx, { endpointId: endpoint.id })).toMatchObject({ replayed: 0 });
  });

  it("find a delivery by status, type and words, in pages that miss none, and send it again", async () => {
    const ctx = await brand();
    const receiver = await receiving();
    const { endpoint, secret } = await listen(ctx, receiver.url);
    await db().transaction(async (tx) => {
      for (let n = 0; n < 60; n++)
        await emit(tx, ctx.customerId, "key.revoked", {
          ...KEY,
          name: `Key ${n} 100%`,
          revoked_at: "2026-11-21T12:00:00.000Z",
        });
    });
    for (let n = 0; n < 3; n++) await round();
    const page = (more: object) => deliveriesOf(ctx, { endpointId: endpoint.id, ...ALL, ...more });
    const seen: string[] = [];
    for (let cursor: string | null = null, n = 0; n < 5; n++) {
      const { deliveries, nextCursor }: Awaited<ReturnType<typeof deliveriesOf>> = await page({ cursor });
      seen.push(...deliveries.map(({ id }) => id));
      cursor = nextCursor;
      if (!cursor) break;
    }
    expect([seen.length, new Set(seen).size]).toEqual([60, 60]);
    const [found] = (await page({ search: "key 37 100%" })).deliveries;
    expect((await page({ search: found?.messageId ?? "" })).deliveries).toEqual([found]);
    expect((await page({ search: "100_" })).deliveries).toEqual([]);
    expect((await page({ status: "failed" })).deliveries).toEqual([]);
    expect((await page({ status: "delivered", type: "key.revoked" })).deliveries).toHaveLength(25);
    const before = receiver.got.length;
    await replay(ctx, { id: found?.id ?? "" });
    await round();
    expect(receiver.got).toHaveLength(before + 1);
    expect(receiver.verified(secret).at(-1)?.id).toBe(found?.messageId);
    expect((await deliveryOf(ctx, found?.id ?? "")).tries.map(({ manual }) => manual)).toEqual([true, false]);
  });

  it("of another brand see none of it", async () => {
    const [ctx, foreign] = [await brand(), await brand()];
    const { endpoint } = await listen(ctx, (await receiving()).url);
    await revoke(ctx);
    const { id } = await only(ctx);
    expect(await viewsOf(foreign)).toEqual([]);
    const one = { id: endpoint.id };
    for (const attempted of [
      () => deliveriesOf(foreign, { endpointId: endpoint.id, ...ALL }),
      () => deliveryOf(foreign, id),
      () => replay(foreign, { id }),
      () => replay(foreign, { endpointId: endpoint.id }),
      () => updateEndpoint(foreign, { ...one, url: "https://hooks.example.com/", description: "", events: null }),
      () => setEnabled(foreign, { ...one, enabled: false }),
      () => rotateSecret(foreign, one),
      () => sendTest(foreign, one, deps()),
      () => removeEndpoint(foreign, one),
    ]) {
      await expect(attempted(), attempted.toString()).rejects.toMatchObject({ code: "not_found" });
    }
  });

  it("delete an endpoint, and with it what was on its way", async () => {
    const ctx = await brand();
    const receiver = await receiving();
    const { endpoint } = await listen(ctx, receiver.url);
    await revoke(ctx);
    await removeEndpoint(ctx, { id: endpoint.id });
    await revoke(ctx);
    await hurry();
    await round();
    expect([receiver.got, await viewsOf(ctx)]).toEqual([[], []]);
    const rows = await db().select().from(webhookDeliveries).where(eq(webhookDeliveries.customerId, ctx.customerId));
    expect(rows.map(({ status }) => status)).toEqual(["failed"]);
    await db().execute(
      sql`update webhook_messages set created_at = now() - interval '31 days' where customer_id = ${ctx.customerId}`,
    );
    await db().execute(
      sql`update webhook_endpoints set deleted_at = now() - interval '2 hours' where id = ${endpoint.id}`,
    );
    await forgetOld(db(), 30);
    expect(await db().select().from(webhookEndpoints).where(eq(webhookEndpoints.id, endpoint.id))).toEqual([]);
  });
});
