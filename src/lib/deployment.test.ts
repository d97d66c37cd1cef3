import { afterEach, describe, expect, it, vi } from "vitest";
import { DEPLOYMENT_NAME, deploymentName, ownVariables } from "./deployment";
import { parseEnv } from "./env";
import { PARTITIONS } from "./partition";

/** As somebody sets it who gives every environment the same. */
const shared = {
  DATABASE_URL: "postgres://app:pw@db.example:5432/connected_apps?sslmode=require",
  DATABASE_OWNER_URL: "postgres://owner:pw@db.example:5432/connected_apps",
  UPSTASH_REDIS_REST_URL: "https://redis.example",
  UPSTASH_REDIS_REST_TOKEN: "token",
  AUTH_SECRET: "a".repeat(44),
  AUTH_URL: "https://apps.example",
  INTERNAL_URL: "https://inside.apps.example",
  API_KEY_PEPPER: "b".repeat(44),
  INTERNAL_SECRET: "c".repeat(44),
  MAIL_URL: "smtp://mail.example",
};
const preview = {
  ...shared,
  VERCEL_ENV: "preview",
  VERCEL_GIT_COMMIT_REF: "feature/Näher dran",
  VERCEL_URL: "apps-1x2y3z-shop.vercel.app",
  VERCEL_BRANCH_URL: "apps-git-feature-shop.vercel.app",
};
const stripe = (key: string) => ({
  STRIPE_SECRET_KEY: key,
  STRIPE_WEBHOOK_SECRET: "whsec_x",
  ENCRYPTION_KEYS: `k:${Buffer.alloc(32).toString("base64")}`,
});

describe("a preview that was given production's variables", () => {
  it("has its own database, its own address, its own secrets, and no mail server", () => {
    const [own, production] = [parseEnv(preview), parseEnv(shared)];
    expect(new URL(own.DATABASE_URL).pathname).toMatch(/^\/connected_apps_preview_feature_n_her_dran_[0-9a-f]{8}$/);
    expect(new URL(own.DATABASE_URL).search).toBe("?sslmode=require");
    expect(new URL(own.DATABASE_OWNER_URL ?? "").pathname).toBe(new URL(own.DATABASE_URL).pathname);
    expect(own.AUTH_URL).toBe("https://apps-git-feature-shop.vercel.app");
    expect(own.INTERNAL_URL).toBe("https://apps-1x2y3z-shop.vercel.app");
    for (const name of ["AUTH_SECRET", "API_KEY_PEPPER"] as const) expect(own[name]).not.toBe(production[name]);
    expect(own.MAIL_URL).toBeUndefined();
    expect(parseEnv({ ...preview, PREVIEW_MAIL_URL: "smtp://inbox.example" }).MAIL_URL).toBe("smtp://inbox.example");
  });

  it("takes its own address where it has no branch's", () => {
    expect(parseEnv({ ...preview, VERCEL_BRANCH_URL: "" }).AUTH_URL).toBe("https://apps-1x2y3z-shop.vercel.app");
    expect(parseEnv({ ...preview, VERCEL_URL: "localhost:3000", VERCEL_BRANCH_URL: "" }).AUTH_URL).toBe(
      "http://localhost:3000",
    );
  });

  it("does not start with a live key of Stripe's, and says so without showing it", () => {
    const start = () => parseEnv({ ...preview, ...stripe("sk_live_hush") });
    expect(start).toThrow(/STRIPE_SECRET_KEY is a live key, and this is a preview/);
    expect(start).not.toThrow(/hush/);
    expect(() => parseEnv({ ...preview, ...stripe("rk_live_x") })).toThrow(/is a live key/);
    expect(() => parseEnv({ ...preview, ...stripe("sk_test_x") })).not.toThrow();
    expect(() => parseEnv({ ...shared, VERCEL_ENV: "production", ...stripe("sk_live_x") })).not.toThrow();
  });

  it("does not start without a name, nor with a database whose name Postgres would cut", () => {
    expect(() => parseEnv({ ...preview, VERCEL_GIT_COMMIT_REF: "" })).toThrow(/DEPLOYMENT is needed/);
    const long = `postgres://app@db.example/${"x".repeat(40)}`;
    expect(() => parseEnv({ ...preview, DATABASE_URL: long })).toThrow(/DATABASE_URL names a database whose name/);
  });
});

describe("names", () => {
  it("of branches are fit to be part of a database's name, and differ where branches do", () => {
    const refs = [
      "a/b",
      "a-b",
      "A-B",
      "a--b",
      "main",
      "---",
      "ü",
      "9",
      `${"long-".repeat(40)}1`,
      `${"long-".repeat(40)}2`,
    ];
    const names = refs.map((VERCEL_GIT_COMMIT_REF) => deploymentName({ VERCEL_ENV: "preview", VERCEL_GIT_COMMIT_REF }));
    for (const name of names) expect(name).toMatch(DEPLOYMENT_NAME);
    expect(new Set(names).size).toBe(refs.length);
  });

  it("are refused where they could be mistaken for another's keys", () => {
    for (const name of ["a:b", "{p00}", "A", "a_b", "-a", "a-", "", "a".repeat(41), "a\n", "a b"]) {
      expect(name, name).not.toMatch(DEPLOYMENT_NAME);
    }
    expect(() => parseEnv({ ...shared, DEPLOYMENT: "a:b" })).toThrow(/DEPLOYMENT must be words/);
  });

  it("leave production, which has none, as it is", () => {
    expect(ownVariables(shared)).toEqual(shared);
    expect(deploymentName({ ...shared, VERCEL_ENV: "production", VERCEL_GIT_COMMIT_REF: "main" })).toBeUndefined();
  });
});

describe("keys in Redis", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  it("begin with the deployment's name, before anything else has been asked for, and keep their hash tag", async () => {
    vi.stubEnv("DEPLOYMENT", "staging");
    vi.resetModules();
    // What speaks to Redis loads this; nothing of it is called.
    await import("./redis");
    const { partitionTag, plainKey } = await import("./partition");
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(partitionTag(partition)).toBe(`staging:{p${String(partition).padStart(2, "0")}}`);
    }
    expect(plainKey("limit:apps")).toBe("staging:limit:apps");
    const { installationKey } = await import("@/features/activations/embed/queries");
    expect(installationKey("brand" as never, "vto-001")).toBe("staging:widget:seen:brand:vto-001");
  });

  it("of production have no name before them", async () => {
    vi.resetModules();
    await import("./redis");
    const { partitionTag } = await import("./partition");
    expect(partitionTag(7)).toBe("{p07}");
  });
});
