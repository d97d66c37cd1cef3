import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { failJob, type Job, superviseJobs, takeJobs } from "@/db/jobs";
import { outgoingMails } from "@/db/schema/mail";
import { chatHooks, chatPosts, notifications } from "@/db/schema/notifications";
import { memberships } from "@/db/schema/people";
import { decrypt, keyRing } from "@/lib/encryption";
import { OutgoingError, type SafeRequest, type safeFetch } from "@/lib/safe-fetch";
import { makeBrand, type TestBrand } from "@/test/brands";
import { type ChatJob, deliverPost } from "./chat/jobs";
import { addChatHook, hookPurpose, rotateChatHooks } from "./chat/service";
import { sendDigests } from "./digest/jobs";
import { listFailures } from "./failures/queries";
import { retryFailure } from "./failures/service";
import { listNotifications, unreadCount } from "./queries";
import { markRead, type News, setPreference, tell } from "./service";

/** Who is told what, how, and what becomes of it where it cannot be delivered. */

const RING = keyRing(`test:${Buffer.alloc(32, 7).toString("base64")}`);
const URL_OF_ROOM = "https://hooks.example.com/services/T0/B0/secret-of-the-room";

let brand: TestBrand;
beforeEach(async () => {
  await db().execute(sql`delete from pgboss.job`);
  brand = await makeBrand(db());
});
afterAll(closeDb);

const as = (role: "admin" | "manager" | "viewer", of = brand): Ctx => ({
  db: db(),
  customerId: of.customerId,
  actor: { type: "user", id: of.people[role].userId },
});
const news = (more: Partial<News> = {}): News => ({
  key: "alert:1",
  kind: "low_balance",
  tone: "soon",
  title: "100 tokens left",
  body: "At zero your widgets pause.",
  href: "/billing",
  action: "Buy tokens",
  roles: ["viewer", "manager", "admin"],
  digestAt: new Date(Date.now() - 1_000),
  ...more,
});
const say = (more: Partial<News> = {}) => db().transaction((tx) => tell(db(), tx, brand.customerId, news(more)));
const mails = (kind: string) =>
  db()
    .select()
    .from(outgoingMails)
    .where(and(eq(outgoingMails.customerId, brand.customerId), eq(outgoingMails.kind, kind)));
const titles = async (ctx: Ctx, input = {}) => (await listNotifications(ctx, input)).notifications.map((n) => n.title);

describe("telling", () => {
  it("reaches everybody in the app, and by mail whoever can act, once for each key", async () => {
    await say();
    await say();
    for (const role of ["admin", "manager", "viewer"] as const) expect(await titles(as(role))).toHaveLength(1);
    const mailed = (await mails("notifications.notice")).map(({ userId }) => userId).toSorted();
    expect(mailed).toEqual([brand.people.admin.userId, brand.people.manager.userId].toSorted());
  });

  it("goes by what each person has chosen, for that kind alone", async () => {
    await setPreference(as("admin"), { kind: "low_balance", channel: "email", mode: "off" });
    await setPreference(as("admin"), { kind: "low_balance", channel: "app", mode: "off" });
    await setPreference(as("viewer"), { kind: "low_balance", channel: "email", mode: "now" });
    await say();
    expect(await titles(as("admin"))).toEqual([]);
    const mailed = (await mails("notifications.notice")).map(({ userId }) => userId).toSorted();
    expect(mailed).toEqual([brand.people.manager.userId, brand.people.viewer.userId].toSorted());
    await say({ key: "alert:2", kind: "forecast" });
    expect(await titles(as("admin"))).toHaveLength(1);
  });

  it("does not happen where the work that it follows from is rolled back", async () => {
    await addChatHook(as("admin"), RING, { name: "#shop", url: URL_OF_ROOM });
    const work = db().transaction(async (tx) => {
      await tell(db(), tx, brand.customerId, news());
      throw new Error("rolled back");
    });
    await expect(work).rejects.toThrow("rolled back");
    expect(await titles(as("admin"))).toEqual([]);
    expect(await takeJobs(db(), "notify.chat", 10)).toEqual([]);
  });

  it("goes with the membership: whoever leaves the brand has nothing of it left", async () => {
    await say();
    await db().delete(memberships).where(eq(memberships.userId, brand.people.viewer.userId));
    expect(await db().select().from(notifications).where(eq(notifications.userId, brand.people.viewer.userId))).toEqual(
      [],
    );
  });
});

describe("the inbox", () => {
  it("is found by words, kind and what is unread; marking touches one's own alone", async () => {
    await say();
    await say({ key: "alert:2", kind: "unusual", title: "Far more use than usual" });
    const admin = as("admin");
    expect(await titles(admin)).toEqual(["Far more use than usual", "100 tokens left"]);
    expect(await titles(admin, { text: "TOKENS" })).toEqual(["100 tokens left"]);
    // What a pattern would mean stands for itself.
    expect(await titles(admin, { text: "%" })).toEqual([]);
    expect(await titles(admin, { kind: "unusual" })).toEqual(["Far more use than usual"]);
    const [newest] = (await listNotifications(admin, {})).notifications;
    await markRead(as("viewer"), { ids: [newest?.id ?? ""] });
    expect(await unreadCount(admin)).toBe(2);
    await markRead(admin, { ids: [newest?.id ?? ""] });
    expect(await titles(admin, { unread: true })).toEqual(["100 tokens left"]);
    await markRead(admin, {});
    expect(await unreadCount(admin)).toBe(0);
    expect(await unreadCount(as("manager"))).toBe(2);
  });

  it("comes page after page, each notification once", async () => {
    for (let i = 0; i < 60; i++) await say({ key: `alert:${i}`, title: `n${i}`, roles: ["admin"] });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await listNotifications(as("admin"), cursor === undefined ? {} : { cursor });
      seen.push(...page.notifications.map(({ title }) => title));
      if (page.cursor === null) break;
      cursor = page.cursor;
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `n${59 - i}`));
  });
});

it("a digest is one mail of all that waits, made once by however many make it", async () => {
  await setPreference(as("admin"), { kind: "low_balance", channel: "email", mode: "digest" });
  for (let i = 0; i < 3; i++) await say({ key: `alert:${i}`, title: `n${i}` });
  await say({ key: "later", title: "later", digestAt: new Date(Date.now() + 60_000) });
  await Promise.all(Array.from({ length: 4 }, () => sendDigests({ db: db() })));
  const digests = await mails("notifications.digest");
  expect(digests).toHaveLength(1);
  expect(digests[0]?.facts).toMatchObject({ items: [{ title: "n0" }, { title: "n1" }, { title: "n2" }], more: 0 });
  expect((await mails("notifications.notice")).every(({ userId }) => userId !== brand.people.admin.userId)).toBe(true);
});

describe("a room", () => {
  const asked: { url: string; body: string }[] = [];
  const answering =
    (status: number, body = ""): typeof safeFetch =>
    async (url, request: SafeRequest = {}) => {
      asked.push({ url, body: String(request.body) });
      return { status, headers: {}, body: Buffer.from(body), truncated: false, url, durationMs: 1 };
    };
  const deps = (post: typeof safeFetch) => ({ db: db(), ring: RING, url: "https://apps.example", post });
  const take = () => takeJobs<ChatJob>(db(), "notify.chat", 10);
  /** As the worker does it. */
  const work = async (job: Job<ChatJob>, post: typeof safeFetch) => {
    await deliverPost(deps(post), job).catch((error: Error) => failJob(db(), "notify.chat", job.id, error.message));
  };
  const post = async () => (await db().select().from(chatPosts).where(eq(chatPosts.customerId, brand.customerId)))[0];
  const retriesAreDue = () => db().execute(sql`update pgboss.job set start_after = now() where state = 'retry'`);

  beforeEach(async () => {
    asked.length = 0;
    await addChatHook(as("admin"), RING, { name: "#shop", url: URL_OF_ROOM });
    await say();
  });

  it("keeps its address encrypted, and is told in Slack's form", async () => {
    const [row] = await db().select().from(chatHooks).where(eq(chatHooks.customerId, brand.customerId));
    expect(JSON.stringify(row)).not.toContain("secret-of-the-room");
    const [job] = await take();
    if (job) await work(job, answering(200, "ok"));
    expect(asked.map(({ url }) => url)).toEqual([URL_OF_ROOM]);
    expect(Object.keys(JSON.parse(asked[0]?.body ?? ""))).toEqual(["text"]);
    expect(await post()).toMatchObject({ status: "sent", attempts: 1 });
  });

  it.each([
    "http://hooks.example.com/x",
    "https://169.254.169.254/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://a:b@hooks.example.com/x",
    "https://hooks.example.com:8443/x",
  ])("is not taken at %s", async (url) => {
    const adding = addChatHook(as("admin"), RING, { name: "#bad", url });
    await expect(adding).rejects.toMatchObject({ code: "invalid_request", fields: [{ path: "url" }] });
  });

  it("can be written to after its address was written anew under another key, and the old key is gone", async () => {
    const other = `next:${Buffer.alloc(32, 9).toString("base64")}`;
    const both = keyRing(`${other},test:${Buffer.alloc(32, 7).toString("base64")}`);
    await rotateChatHooks(db(), both);
    const [row] = await db().select().from(chatHooks).where(eq(chatHooks.customerId, brand.customerId));
    expect(decrypt(keyRing(other), row?.encryptedUrl ?? "", hookPurpose(row?.id ?? ""))).toBe(URL_OF_ROOM);
    await db().delete(chatHooks).where(eq(chatHooks.customerId, brand.customerId));
  });

  it("that fails for a while is told in the end, once", async () => {
    for (const status of [500, 429, 200]) {
      const [job] = await take();
      expect(job, String(status)).toBeDefined();
      if (job) await work(job, answering(status));
      await retriesAreDue();
    }
    expect(await take()).toEqual([]);
    expect(await post()).toMatchObject({ status: "sent", attempts: 3 });
  });

  it("whose message was taken is not told again where the worker died before it could say so to the queue", async () => {
    const [job] = await take();
    if (job) {
      await deliverPost(deps(answering(200)), job);
      // The job comes back all the same: its worker has died.
      await deliverPost(deps(answering(200)), job);
    }
    expect(asked).toHaveLength(1);
  });

  it("whose worker was killed before it asked is told by the next, once", async () => {
    const [job] = await take();
    const killed = deliverPost(
      deps(() => new Promise(() => {})),
      job as Job<ChatJob>,
    );
    void killed;
    await db().execute(sql`update pgboss.job set started_on = now() - interval '1 hour' where state = 'active'`);
    await db().execute(sql`update pgboss.queue set maintain_on = null, monitor_on = null, monitor_claim_on = null`);
    await superviseJobs(db());
    await retriesAreDue();
    const again = await take();
    expect(again.map(({ id }) => id)).toEqual([job?.id]);
    for (const each of again) await work(each, answering(200));
    expect(asked).toHaveLength(1);
    expect(await post()).toMatchObject({ status: "sent" });
  });

  it("that will never have us is given up at once, stands with its reason, and is told when tried again", async () => {
    const [job] = await take();
    if (job) await work(job, answering(404, "no_service"));
    const [failure, ...more] = await listFailures(as("admin"));
    expect(more).toEqual([]);
    expect(failure).toMatchObject({
      source: "chat",
      status: "failed",
      to: "#shop",
      error: "The chat tool answered 404: no_service",
    });
    expect(JSON.stringify(failure)).not.toContain("secret-of-the-room");
    await expect(
      retryFailure(as("admin", await makeBrand(db())), { source: "chat", id: failure?.id ?? "" }),
    ).rejects.toMatchObject({
      code: "not_found",
    });
    await retryFailure(as("admin"), { source: "chat", id: failure?.id ?? "" });
    expect(await listFailures(as("admin"))).toEqual([]);
    for (const again of await take()) await work(again, answering(200));
    expect(await post()).toMatchObject({ status: "sent" });
  });

  it("that fails every time ends with the dead letters, and comes out of them when tried again", async () => {
    const away: typeof safeFetch = async () => {
      throw new OutgoingError("unreachable", "The connection was refused or broken off.");
    };
    for (let round = 0; round < 12; round++) {
      for (const job of await take()) await work(job, away);
      await retriesAreDue();
    }
    const [failure, ...more] = await listFailures(as("admin"));
    expect(more).toEqual([]);
    expect(failure).toMatchObject({
      status: "failed",
      attempts: 10,
      error: "The connection was refused or broken off.",
    });
    await retryFailure(as("admin"), { source: "chat", id: failure?.id ?? "" });
    const again = await take();
    expect(again).toHaveLength(1);
    for (const job of again) await work(job, answering(200));
    expect(await listFailures(as("admin"))).toEqual([]);
    expect(asked).toHaveLength(1);
  });
});
