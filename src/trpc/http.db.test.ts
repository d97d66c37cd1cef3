import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { actingAs } from "@/auth/gate";
import type { Session } from "@/auth/session-state";
import { loadSession, openSession } from "@/auth/store";
import { closeDb, db, openDatabase } from "@/db/client";
import { Refusal } from "@/lib/errors";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { makeBrand } from "@/test/brands";
import type { TrpcContext } from "./context";
import { toPublicError } from "./errors";
import { serveTrpc } from "./http";

// The gate's own next/headers needs a request of Next's; these tests hand the context in.
vi.mock("@/auth/session", () => ({ currentSession: async () => ({ state: "out" }) }));

let session: Session;
beforeAll(async () => {
  const { userId } = (await makeBrand(db())).people.admin;
  const sessionId = await openSession(db(), userId, null);
  const loaded = sessionId && (await loadSession(db(), { sessionId, userId }));
  if (!loaded) throw new Error("no session");
  session = loaded;
});
afterAll(closeDb);

const signedIn = (): TrpcContext => ({
  session: async () => ({ state: "in", session }),
  actAs: (who) => actingAs(db(), who),
  metering,
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly error?: { message: string; data: Record<string, unknown> };
  readonly headers: Headers;
}

async function send(path: string, init: RequestInit = {}, context = signedIn): Promise<Answer> {
  const response = await serveTrpc(new Request(`http://localhost/api/trpc/${path}`, init), context);
  const text = await response.text();
  const body: unknown = text.startsWith("{") ? JSON.parse(text) : undefined;
  const error = body && typeof body === "object" && "error" in body ? (body.error as Answer["error"]) : undefined;
  return { status: response.status, text, headers: response.headers, ...(error && { error }) };
}

const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body,
});

describe("a subscription", () => {
  const listen = async (headers: Record<string, string> = {}) => {
    const end = new AbortController();
    const request = new Request("http://localhost/api/trpc/metering.watch", {
      headers: { accept: "text/event-stream", ...headers },
      signal: end.signal,
    });
    const response = await serveTrpc(request, signedIn);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    return {
      response,
      stop: () => end.abort(),
      /** Reads on until the text so far holds this, or the stream ends. */
      until: async (words: string): Promise<string> => {
        let text = "";
        for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
          text += read.value;
          if (text.includes(words)) break;
        }
        return text;
      },
    };
  };

  it("is an event stream that carries ids, says when to come back, and is kept by nobody", async () => {
    const { response, until, stop } = await listen();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toMatch(/no-(cache|store)/);
    const text = await until("id: ");
    expect(text).toContain('"reconnectAfterInactivityMs":12000');
    expect(text).toContain('"balance":');
    stop();
  });

  it("begins after the id that the browser heard last", async () => {
    const first = await listen();
    const id = /id: (\S+)/.exec(await first.until("id: "))?.[1];
    first.stop();
    const again = await listen({ "last-event-id": String(id) });
    const text = await again.until("event: ping");
    expect(text).toContain("event: ping");
    expect(text).not.toContain("id: ");
    again.stop();
  });

  it("tells nothing more once its session has ended or looks at another brand", async () => {
    const heard = async (who: Session) => {
      const context = (): TrpcContext => ({ ...signedIn(), session: async () => ({ state: "in", session: who }) });
      const init = { headers: { accept: "text/event-stream" } };
      return (await send("metering.watch", init, context)).text;
    };
    // As the gate let them in; the session in the database has become another since.
    const elsewhere = { ...session.customer, id: mintCustomerId(uuidv7()) };
    const gone = { ...session, sessionId: uuidv7() };
    for (const who of [gone, { ...session, customer: elsewhere }]) {
      const text = await heard(who);
      expect(text).toContain("signed_out");
      expect(text).not.toContain('"balance"');
    }
  });

  it("is refused to another site and to nobody in particular", async () => {
    const foreign = await listen({ "sec-fetch-site": "cross-site" });
    expect(foreign.response.status).toBe(403);
    const out = await send("metering.watch", { headers: { accept: "text/event-stream" } }, () => ({
      ...signedIn(),
      session: async () => ({ state: "out" }),
    }));
    expect(out.text).toContain("signed_out");
    expect(out.text).not.toContain('"balance"');
  });
});

describe("the route", () => {
  it("answers a query, uncached, with a request id", async () => {
    const answer = await send("session.me", { headers: { "x-request-id": "abc-1" } });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(session.user.email);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("x-request-id")).toBe("abc-1");
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("refuses another site before anything runs", async () => {
    const asked = vi.fn(signedIn);
    const answer = await send("keys.create", post("{}", { origin: "https://evil.example" }), asked);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "forbidden", status: 403 });
    expect(asked).not.toHaveBeenCalled();
  });

  it("refuses a form's content type, a huge body and a change by GET", async () => {
    expect((await send("keys.create", post("{}", { "content-type": "text/plain" }))).status).toBe(415);
    expect((await send("keys.create", post(`{"name":"${"x".repeat(70_000)}"}`))).status).toBe(413);
    const byGet = await send(`keys.create?input=${encodeURIComponent("{}")}`);
    expect(byGet.status).toBe(405);
    expect(byGet.error?.data).toMatchObject({ problem: "method_not_allowed" });
  });

  it("takes no more than ten calls in one request", async () => {
    const many = Array(11).fill("session.me").join(",");
    expect((await send(`${many}?batch=1&input=%7B%7D`)).status).toBe(400);
  });
});

describe("an error", () => {
  it("of a wrong input names the fields", async () => {
    const answer = await send("keys.create", post('{"name":"","kind":"pk","mode":"live","customer_id":"x"}'));
    expect(answer.status).toBe(400);
    expect(answer.error?.data).toMatchObject({ code: "BAD_REQUEST", problem: "invalid_request" });
    expect(answer.error?.data.fields).toContainEqual({ path: "name", message: "give the key a name" });
    expect(answer.error?.message).toContain("customer_id");
  });

  it.each([
    ["broken JSON", "keys.create", post("{"), 400],
    ["no such procedure", "keys.nothing", {}, 404],
    ["a name from the prototype", "__proto__", {}, 404],
    ["another one", "constructor.prototype", {}, 404],
    ["broken input in a query", "metering.latestEntries?input=%7B", {}, 400],
  ] as const)("of %s carries nobody's text but ours", async (_name, path, init, status) => {
    const answer = await send(path, init);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/stack|node_modules|\.ts|Unexpected|JSON at|position|No procedure/);
  });

  it("of a refusal keeps its code, detail and status", () => {
    const shown = toPublicError(new Refusal("insufficient_tokens", "Five are needed."));
    expect(shown).toMatchObject({
      code: "PAYMENT_REQUIRED",
      problem: "insufficient_tokens",
      message: "Five are needed.",
    });
  });

  it("that nobody expected becomes a sentence and an id, never its own text", async () => {
    const answer = await send("session.me", {}, () => ({
      session: () => Promise.reject(new Error("password=hunter2 at db.internal")),
      actAs: (who) => actingAs(db(), who),
      metering,
    }));
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/hunter2|internal\b.*db|stack/);
    expect(answer.error).toMatchObject({
      message: "Something went wrong on our side.",
      data: {
        code: "INTERNAL_SERVER_ERROR",
        problem: "internal_error",
        errorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
  });

  it("while the context is made is treated alike", async () => {
    const answer = await send("session.me", {}, () => {
      throw new Error("hunter2");
    });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("hunter2");
  });

  it("of Postgres being away says so, and that nothing was changed", async () => {
    const away = openDatabase("postgres://nobody@127.0.0.1:1/nothing");
    const answer = await send("keys.list", {}, () => ({
      session: async () => ({ state: "in", session }),
      actAs: (who) => actingAs(away, who),
      metering,
    }));
    expect(answer.status).toBe(503);
    expect(answer.error?.data).toMatchObject({ code: "SERVICE_UNAVAILABLE", problem: "database_unavailable" });
    expect(answer.text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|select/i);
  });
});
