import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { blindIndexes, decrypt, encrypt, isCurrent, isKeyRing, keyRing } from "./encryption";

const key = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;
const [one, two] = [key("one"), key("two")];

describe("a key ring", () => {
  it("encrypts with its first key and decrypts with all", () => {
    const before = encrypt(keyRing(one), "cus_123", "brand");
    const ring = keyRing(`${two},${one}`);
    expect(decrypt(ring, before, "brand")).toBe("cus_123");
    expect(isCurrent(ring, before)).toBe(false);
    expect(isCurrent(ring, encrypt(ring, "cus_123", "brand"))).toBe(true);
    expect(() => decrypt(keyRing(two), before, "brand")).toThrow("No key one");
  });

  it("gives nothing away that was altered or belongs to another", () => {
    const ring = keyRing(one);
    const sealed = encrypt(ring, "cus_123", "brand");
    expect(sealed).not.toContain("cus_123");
    expect(encrypt(ring, "cus_123", "brand")).not.toBe(sealed);
    expect(() => decrypt(ring, sealed, "another")).toThrow();
    const [id, nonce, body = ""] = sealed.split(".");
    const altered = (body.startsWith("A") ? "B" : "A") + body.slice(1);
    expect(() => decrypt(ring, `${id}.${nonce}.${altered}`, "brand")).toThrow();
  });

  it("finds a text by an index that stays the same, and is another for each key", () => {
    const ring = keyRing(`${two},${one}`);
    expect(blindIndexes(ring, "cus_123")).toEqual([
      ...blindIndexes(keyRing(two), "cus_123"),
      ...blindIndexes(keyRing(one), "cus_123"),
    ]);
    expect(new Set([...blindIndexes(ring, "cus_123"), ...blindIndexes(ring, "cus_124")]).size).toBe(4);
  });

  it("is refused where it is not one", () => {
    for (const wrong of ["", "one", "one:short", `${one},${one}`, `${one};${two}`, `One:${one.slice(4)}`]) {
      expect(isKeyRing(wrong), wrong).toBe(false);
    }
    expect(isKeyRing(`${one},${two}`)).toBe(true);
  });
});
