import { expect, it } from "vitest";
import { mintWidgetSession, readWidgetSession, SESSION_SECONDS } from "./widget-session";

const SECRET = "s".repeat(40);
const NOW = 1_800_000_000_000;
const claims = {
  test: false,
  usageId: "0190-use",
  appId: "pdc-001",
  customerId: "0190-brand",
  origin: "https://shop.example",
  asked: { lang: "de" },
};
const token = mintWidgetSession(claims, SECRET, NOW);

it("a session says what was signed, until its time is over", () => {
  expect(readWidgetSession(token, SECRET, NOW)).toEqual(claims);
  expect(readWidgetSession(token, SECRET, NOW + SESSION_SECONDS * 1000 - 1)).toEqual(claims);
  expect(readWidgetSession(token, SECRET, NOW + SESSION_SECONDS * 1000)).toBeNull();
});

it("a changed, foreign or broken one says nothing", () => {
  expect(readWidgetSession(token, `${SECRET}x`, NOW)).toBeNull();
  const [body = "", signature = ""] = token.split(".");
  const forged = Buffer.from(JSON.stringify({ ...claims, origin: "https://evil.example", until: NOW * 2 }));
  for (const wrong of [
    "",
    ".",
    body,
    `${body}.`,
    `.${signature}`,
    `${token}.`,
    `${token}x`,
    token.slice(0, -1),
    `${forged.toString("base64url")}.${signature}`,
    "x".repeat(3_000),
  ]) {
    expect(readWidgetSession(wrong, SECRET, NOW), wrong).toBeNull();
  }
  for (let i = 0; i < token.length; i++) {
    const other = token[i] === "A" ? "B" : "A";
    expect(readWidgetSession(token.slice(0, i) + other + token.slice(i + 1), SECRET, NOW)).toBeNull();
  }
});
