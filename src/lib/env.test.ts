import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EnvError, parseEnv } from "./env";

const good = {
  DATABASE_URL: "postgres://app:secret-one@localhost:5432/connected_apps",
  UPSTASH_REDIS_REST_URL: "https://redis.example",
  UPSTASH_REDIS_REST_TOKEN: "secret-two",
  AUTH_SECRET: "a".repeat(44),
  AUTH_URL: "https://apps.example",
  API_KEY_PEPPER: "b".repeat(44),
  INTERNAL_SECRET: "c".repeat(44),
};

describe("the environment", () => {
  it("is read with its defaults", () => {
    expect(parseEnv(good)).toMatchObject({ METERING_BUDGET_MS: 2000, LOG_LEVEL: "info" });
  });

  it("says every missing and every wrong variable in one go, and never a value", () => {
    const { AUTH_SECRET: _, ...rest } = good;
    try {
      parseEnv({ ...rest, DATABASE_URL: "mysql://root:hunter2@x/y", API_KEY_PEPPER: "too short", AUTH_URL: "" });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(EnvError);
      const { message } = error as EnvError;
      for (const name of ["AUTH_SECRET is missing", "AUTH_URL is missing", "DATABASE_URL", "API_KEY_PEPPER"]) {
        expect(message).toContain(name);
      }
      expect(message).not.toMatch(/hunter2|too short|secret-two/);
    }
  });

  it("opens this machine's own addresses to others' wishes only where the web app is on this machine too", () => {
    expect(() => parseEnv({ ...good, OUTGOING_LOOPBACK: "on" })).toThrow("OUTGOING_LOOPBACK is for development");
    const local = { ...good, AUTH_URL: "http://localhost:3000", OUTGOING_LOOPBACK: "on" };
    expect(parseEnv(local).OUTGOING_LOOPBACK).toBe("on");
    expect(parseEnv(good).OUTGOING_LOOPBACK).toBe("off");
  });

  it("is documented, every variable of it, in .env.example", () => {
    const example = readFileSync(".env.example", "utf8");
    const source = readFileSync("src/lib/env.ts", "utf8");
    const names = Array.from(source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm), ([, name]) => name as string);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) expect(example, name).toMatch(new RegExp(`^#? ?${name}=`, "m"));
  });
});
