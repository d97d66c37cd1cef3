import { describe, expect, it } from "vitest";
import { safeNextPath } from "./next-path";

const KEPT = [
  "/",
  "/overview",
  "/overview/",
  "/keys",
  "/apps/virtual-try-on/configure",
  "/usage?from=2026-11-01&to=2026-11-21",
  "/usage?q=caf%C3%A9&next=%2Fkeys",
  "/docs/api#errors",
  "/api-guide",
  "/sign-in-help",
];

const REFUSED: unknown[] = [
  undefined,
  null,
  7,
  {},
  ["/keys"],
  ["/keys", "//evil.example"],
  "",
  "keys",
  " /keys",
  "//evil.example",
  "///evil.example",
  "////evil.example/..",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "\t//evil.example",
  "/\u0000/evil.example",
  "/%09/evil.example",
  "/%2f%2fevil.example",
  "/%2Fevil.example",
  "/%5cevil.example",
  "/%252f%252fevil.example",
  "/.//evil.example",
  "/./keys",
  "/..//evil.example",
  "/../api/auth/signout",
  "/overview/../api/auth/signout",
  "/%2e%2e/api",
  "/overview//evil.example",
  "/@evil.example",
  "/:80@evil.example",
  "https://evil.example",
  "HTTPS://evil.example/overview",
  "http:evil.example",
  "https:/evil.example",
  "javascript:alert(1)",
  "data:text/html,hello",
  "/javascript:alert(1)",
  "/overview\r\nSet-Cookie: a=b",
  "/overview?x=\r\nSet-Cookie:a",
  "/overview?x=%0d%0aSet-Cookie:a",
  "/overview?x=%5C%5Cevil",
  "/overview?x=<script>",
  '/overview?x="',
  "/overview?x=\\evil",
  "/over\u2028view",
  "/overvіew", // a Cyrillic letter
  "/／evil.example",
  "/api",
  "/api/auth/signout",
  "/API/auth/signout",
  "/%61pi/auth/signout",
  "/api?x=1",
  "/v1/embed.js",
  "/_next/static/x.js",
  "/sign-in",
  "/sign-in?next=/sign-in",
  "/Sign-In/",
  "/sign-in#x",
  `/${"a".repeat(1_000)}`,
];

describe("safeNextPath", () => {
  it.each(KEPT)("keeps %j", (path) => {
    expect(safeNextPath(path)).toBe(path);
  });

  it.each(REFUSED)("answers /overview to %j", (value) => {
    expect(safeNextPath(value)).toBe("/overview");
  });

  it("never leads away from our own origin, whatever a URL parser makes of it", () => {
    for (const value of [...KEPT, ...REFUSED]) {
      expect(new URL(safeNextPath(value), "https://own.example").origin).toBe("https://own.example");
    }
  });
});
