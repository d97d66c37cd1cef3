import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hmacApiKey, mintApiKey, parseApiKey } from "./api-key";
import { crc32 } from "./crc32";
import { mintCustomerId, uuidv7 } from "./ids";
import { PARTITIONS, partitionOf, partitionTag } from "./partition";

const pepper = "p".repeat(32);

describe("an API key", () => {
  it("names its kind, mode and customer, and reads back", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.constantFrom("pk", "sk"), fc.constantFrom("live", "test"), (id, kind, mode) => {
        const customerId = mintCustomerId(id);
        const { text, keyId, lastFour } = mintApiKey({ kind, mode, customerId });
        expect(text).toMatch(new RegExp(`^ca_${kind}_${mode}_[0-9A-Za-z]{22}_[0-9A-Za-z]{34}$`));
        expect(keyId).toMatch(new RegExp(`^ak_${mode}_[0-9A-Za-z]{16}$`));
        expect(text.endsWith(lastFour)).toBe(true);
        expect(parseApiKey(text)).toEqual({ kind, mode, customerId, partition: partitionOf(id) });
      }),
    );
  });

  it("is recognised as mistyped when any one character differs", () => {
    const { text } = mintApiKey({ kind: "sk", mode: "live", customerId: mintCustomerId(uuidv7()) });
    for (let i = 0; i < text.length; i++) {
      const typo = text.slice(0, i) + (text[i] === "a" ? "b" : "a") + text.slice(i + 1);
      expect(parseApiKey(typo), typo).toBeNull();
    }
  });

  it.each(["", "ca_", "ca_sk_live", "sk_live_abc", " ca_sk_live_x", "ca_sk_live_\u0000"])("is not %j", (text) => {
    expect(parseApiKey(text)).toBeNull();
  });

  it("carries at least 160 random bits and never comes twice", () => {
    const customerId = mintCustomerId(uuidv7());
    const keys = new Set(Array.from({ length: 2000 }, () => mintApiKey({ kind: "sk", mode: "live", customerId }).text));
    expect(keys.size).toBe(2000);
    expect(Math.log2(62) * 28).toBeGreaterThan(160);
  });

  it("is stored under HMAC-SHA-256 (RFC 4231, test case 2) and differs by pepper", async () => {
    // Key "Jefe", data "what do ya want for nothing?".
    const expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const got = Buffer.from(hmacApiKey("what do ya want for nothing?", "Jefe"), "base64url").toString("hex");
    expect(got).toBe(expected);
    expect(hmacApiKey("x", pepper)).not.toBe(hmacApiKey("x", `${pepper}2`));
  });
});

describe("the check and the partition", () => {
  it("is CRC-32 as zlib has it", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array())).toBe(0);
  });

  it("never changes for a customer: these are for ever", () => {
    expect(partitionOf("00000000-0000-0000-0000-000000000000")).toBe(crc32(new Uint8Array(16)) % 64);
    expect(partitionOf("018f4d2e-7c1a-7b3e-9a55-1f2e3d4c5b6a")).toBe(27);
    expect(partitionTag(7)).toBe("{p07}");
  });

  it("spreads customers evenly", () => {
    const count = new Array<number>(PARTITIONS).fill(0);
    for (let i = 0; i < 64_000; i++) {
      const partition = partitionOf(uuidv7());
      count[partition] = (count[partition] ?? 0) + 1;
    }
    expect(Math.min(...count)).toBeGreaterThan(800);
    expect(Math.max(...count)).toBeLessThan(1200);
  });
});

describe("uuidv7", () => {
  it("carries the time, version and variant of RFC 9562 and sorts by time", () => {
    const id = uuidv7(0x0123456789ab);
    expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidv7(1000) < uuidv7(2000)).toBe(true);
  });
});
