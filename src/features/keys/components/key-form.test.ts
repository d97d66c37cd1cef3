import { describe, expect, it } from "vitest";
import type { KeyView } from "../contract";
import { SCOPES } from "../rules";
import { EMPTY_FORM, endOf, formOf, type KeyForm, lifetimeLike, readKeyForm } from "./key-form";
import { matches, SCOPE_ORDER, statusOf } from "./words";

const now = Date.parse("2026-11-21T12:00:00Z");
const form = (change: Partial<KeyForm>): KeyForm => ({
  ...EMPTY_FORM,
  name: "Shop",
  origins: "https://shop.example",
  ...change,
});

describe("readKeyForm", () => {
  it("reads one origin a line and leaves out empty lines", () => {
    const read = readKeyForm(form({ origins: "https://shop.example\n\n  https://b.example:8443 \n" }), now);
    expect(read).toMatchObject({ input: { origins: ["https://shop.example", "https://b.example:8443"] } });
  });

  it("sends scopes for a secret key and no origins", () => {
    const read = readKeyForm(form({ kind: "sk" }), now);
    expect(read).toMatchObject({ input: { scopes: ["tokens:consume"] } });
    expect("input" in read && "origins" in read.input).toBe(false);
  });

  it("names the origin that is wrong", () => {
    const read = readKeyForm(form({ origins: "https://shop.example\nhttps://shop.example/path" }), now);
    expect(read).toMatchObject({ errors: { origins: expect.stringContaining("“https://shop.example/path” must be") } });
  });

  it("says what is missing in sentences", () => {
    const read = readKeyForm(form({ name: " ", origins: "", rateLimit: "1e3", apps: [] }), now);
    expect(read).toEqual({
      errors: {
        name: "Give the key a name.",
        apps: "Name at least one app, or null for all.",
        rateLimit: "Give a whole number from 1 to 1,000,000.",
      },
    });
    expect(readKeyForm(form({ origins: "" }), now)).toEqual({
      errors: { origins: "A public key needs at least one origin." },
    });
    expect(readKeyForm(form({ kind: "sk", scopes: [] }), now)).toEqual({
      errors: { scopes: "A secret key needs at least one scope." },
    });
  });

  it("turns days into a moment", () => {
    expect(readKeyForm(form({ expiresIn: "30" }), now)).toMatchObject({
      input: { expiresAt: "2026-12-21T12:00:00.000Z" },
    });
  });
});

const key: KeyView = {
  keyId: "ak_live_9f2c",
  name: "Berlin shop",
  kind: "pk",
  mode: "live",
  publicKey: "ca_pk_live_x",
  lastFour: "wxyz",
  origins: ["https://shop.example"],
  appPermissions: null,
  scopes: [],
  rateLimit: 1_000,
  rateBurst: 1_000,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  createdAt: "2026-11-01T00:00:00Z",
};

it("shows a key's settings so that, sent again, they say the same", () => {
  const { origins, appPermissions, rateLimit, name } = key;
  expect(readKeyForm(formOf(key), now)).toMatchObject({ input: { name, origins, appPermissions, rateLimit } });
  const server = { ...key, kind: "sk" as const, origins: [], scopes: ["billing:manage", "apps:read"] };
  expect(readKeyForm(formOf({ ...server, appPermissions: ["vto-001"] }), now)).toMatchObject({
    input: { kind: "sk", scopes: ["apps:read", "billing:manage"], appPermissions: ["vto-001"] },
  });
});

describe("the life of a key that replaces another", () => {
  const lived = (expiresAt: string | null) => lifetimeLike({ createdAt: "2026-11-01T00:00:00Z", expiresAt });

  it("is offered as long as the old one was given, or the next longer choice", () => {
    expect(lived(null)).toBe("");
    expect(lived("2026-12-01T00:00:00Z")).toBe("30");
    expect(lived("2026-12-01T12:00:00Z")).toBe("30");
    expect(lived("2026-12-10T00:00:00Z")).toBe("90");
    expect(lived("2027-11-01T00:00:00Z")).toBe("365");
    expect(lived("2036-11-01T00:00:00Z")).toBe("365");
  });

  it("ends as many days from now, or never", () => {
    expect(endOf("", now)).toBeNull();
    expect(endOf("90", now)).toBe("2027-02-19T12:00:00.000Z");
  });
});

describe("a key in the table", () => {
  it("has words for every scope there is", () => {
    expect([...SCOPE_ORDER].sort()).toEqual([...SCOPES].sort());
  });

  it("is found by any words it shows, in any order and case", () => {
    expect(["", "berlin", "PUBLIC berlin", "ak_live_9f", "shop.example all"].every((s) => matches(key, s))).toBe(true);
    expect(matches(key, "berlin secret")).toBe(false);
  });

  it("is active until it expires or is revoked, and revoked says more than expired", () => {
    const past = "2026-11-20T00:00:00Z";
    expect(statusOf(key, now)).toBe("active");
    expect(statusOf({ ...key, expiresAt: past }, now)).toBe("expired");
    expect(statusOf({ ...key, expiresAt: past, revokedAt: past }, now)).toBe("revoked");
  });
});
