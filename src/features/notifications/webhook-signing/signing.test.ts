import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { mintSecret, seal, signatureHeaders, unseal } from "./service";

const message = { id: "0197a3c0-0000-7000-8000-000000000001", body: '{"type":"webhook.test","data":{"message":"ä"}}' };
afterEach(() => vi.unstubAllEnvs());

describe("a signature", () => {
  it("is what the official library takes, and for nothing that was altered", () => {
    const secret = mintSecret();
    const headers = signatureHeaders([secret], message, new Date());
    const official = new Webhook(secret);
    expect(official.verify(message.body, headers)).toEqual(JSON.parse(message.body));
    expect(() => official.verify(message.body.replace("ä", "a"), headers)).toThrow();
    expect(() => official.verify(message.body, { ...headers, "webhook-id": "msg_1" })).toThrow();
    expect(() => new Webhook(mintSecret()).verify(message.body, headers)).toThrow();
    const old = signatureHeaders([secret], message, new Date(Date.now() - 600_000));
    expect(() => official.verify(message.body, old)).toThrow();
  });

  it("of two secrets is taken by who knows either", () => {
    const [one, two] = [mintSecret(), mintSecret()];
    const headers = signatureHeaders([one, two], message, new Date());
    for (const secret of [one, two]) expect(new Webhook(secret).verify(message.body, headers)).toBeTruthy();
    expect(headers["webhook-signature"].split(" ")).toHaveLength(2);
  });

  it("is the one the library itself would make", () => {
    const [secret, at] = [mintSecret(), new Date()];
    const headers = signatureHeaders([secret], message, at);
    expect(headers["webhook-signature"]).toBe(new Webhook(secret).sign(headers["webhook-id"], at, message.body));
  });
});

describe("a secret", () => {
  it("has 256 bits, and no two are alike", () => {
    expect(mintSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(new Set(Array.from({ length: 100 }, mintSecret)).size).toBe(100);
  });
});

describe("a sealed secret", () => {
  it("opens for its own endpoint alone", async () => {
    const ring = `test:${Buffer.alloc(32, 7).toString("base64")}`;
    for (const [name, value] of Object.entries({
      ENCRYPTION_KEYS: ring,
      DATABASE_URL: "postgres://localhost/x",
      UPSTASH_REDIS_REST_URL: "http://localhost",
      UPSTASH_REDIS_REST_TOKEN: "x",
      AUTH_SECRET: "a".repeat(40),
      AUTH_URL: "http://localhost:3000",
      API_KEY_PEPPER: "b".repeat(40),
      INTERNAL_SECRET: "c".repeat(40),
    })) {
      vi.stubEnv(name, value);
    }
    const secret = mintSecret();
    const sealed = seal("one", secret);
    expect(sealed).not.toContain(secret.slice(6, 20));
    expect(unseal("one", sealed)).toBe(secret);
    expect(() => unseal("two", sealed)).toThrow();
  });
});
