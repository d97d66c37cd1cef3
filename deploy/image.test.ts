import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseEnv } from "../src/lib/env";

/** What hadolint and `docker compose config` would say, and what only this product knows. */

const dockerfile = readFileSync("deploy/Dockerfile", "utf8");
const instructions = dockerfile
  .replace(/^\s*#.*\n/gm, "")
  .replace(/\\\n\s*/g, "")
  .split("\n")
  .filter(Boolean)
  .map((line) => ({ name: line.split(" ")[0] ?? "", rest: line.slice(line.indexOf(" ") + 1) }));
const named = (name: string) => instructions.filter((one) => one.name === name).map(({ rest }) => rest);
/** What goes into the image that runs. */
const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === "FROM"));

interface Service {
  readonly image: string;
  readonly command?: string[];
  readonly environment?: Record<string, string | number>;
  readonly ports?: string[];
  readonly healthcheck?: { test?: string[]; disable?: boolean };
  readonly depends_on?: Record<string, { condition: string }>;
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly volumes?: string[];
}
const text = readFileSync("deploy/compose.yaml", "utf8");
const compose = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, null> };
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image === "connected-apps");

describe("the Dockerfile", () => {
  it("names versions, adds nothing from elsewhere, and keeps no secret", () => {
    for (const from of named("FROM")) {
      if (/^(?:packages|build|runtime)\b/.test(from)) continue;
      expect(from).toMatch(/^node:24-bookworm-slim(?: AS \w+)?$/);
    }
    expect(named("ADD")).toEqual([]);
    expect(named("ARG")).toEqual([]);
    for (const env of named("ENV")) expect(env).not.toMatch(/SECRET|TOKEN|PASSWORD|PEPPER|KEY|_URL/);
  });

  it("is given no environment of this machine's, wherever one lies: compose reads `deploy/.env`", () => {
    // A pattern without a star in front is looked for at the root alone.
    const left = readFileSync("deploy/Dockerfile.dockerignore", "utf8").split("\n");
    expect(left).toEqual(expect.arrayContaining(["**/.env", "**/.env.*", ".data", ".git"]));
  });

  it("runs as nobody of importance, by no shell, and says whether it lives", () => {
    expect(lastStage.find(({ name }) => name === "USER")?.rest).toBe("node");
    for (const name of ["CMD"]) expect(JSON.parse(named(name)[0] ?? "")).toBeInstanceOf(Array);
    const check = /CMD (\[.*\])$/.exec(named("HEALTHCHECK")[0] ?? "")?.[1] ?? "";
    expect(JSON.parse(check)[2]).toContain("/api/health");
  });

  it("copies what there is, and all that a start reads", () => {
    const copied = lastStage
      .filter(({ name }) => name === "COPY")
      .flatMap(({ rest }) =>
        rest
          .split(" ")
          .filter((word) => !word.startsWith("--from="))
          .slice(0, -1),
      )
      .map((path) => path.replace(/^\/app\//, ""));
    for (const path of copied.filter((path) => !/^(?:node_modules|public|\.next)$/.test(path))) {
      expect(existsSync(path), path).toBe(true);
    }
    const sources = /const SOURCES = \[([^\]]+)\]/.exec(readFileSync("src/cli/start.ts", "utf8"))?.[1] ?? "";
    const needed = [...sources.matchAll(/"([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(needed.length).toBeGreaterThan(4);
    for (const path of [...needed, "package.json", "tsconfig.json", "drizzle", "docs", ".next", "node_modules"]) {
      expect(copied, path).toContain(path);
    }
  });
});

describe("the compose file", () => {
  it("gives every part of ours an environment that a start takes", () => {
    const given = (value: string | number) =>
      String(value)
        .replace(/\$\{(\w+):\?\}/g, (_, name: string) =>
          name === "AUTH_URL" ? "https://apps.example" : name.padEnd(32, "x"),
        )
        .replace(/\$\{\w+:-([^}]*)\}/g, "$1");
    for (const [name, { environment = {} }] of ours) {
      const variables = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, given(value)]));
      for (const value of Object.values(variables)) expect(value).not.toMatch(/\$\{/);
      if (name !== "bridge") expect(() => parseEnv(variables), name).not.toThrow();
    }
  });

  it("passes on what .env.example knows and nothing else, and its own are explained", () => {
    const example = readFileSync(".env.example", "utf8");
    const guide = readFileSync("docs/self-hosting.md", "utf8");
    for (const [name, { environment = {} }] of ours.filter(([name]) => name !== "bridge")) {
      for (const variable of Object.keys(environment).filter((key) => key !== "POSTGRES_ADMIN_URL")) {
        expect(example, `${name}: ${variable}`).toMatch(new RegExp(`^${variable}=`, "m"));
      }
    }
    for (const [, variable] of text.matchAll(/\$\{(\w+):\?\}/g)) expect(guide).toContain(`${variable}=`);
  });

  it("passes on every variable that this way of running has a use for: one beside it would be without effect, unsaid", () => {
    const elsewhere = [
      ...["VERCEL_ENV", "VERCEL_URL", "VERCEL_BRANCH_URL", "VERCEL_GIT_COMMIT_REF", "VERCEL_AUTOMATION_BYPASS_SECRET"],
      ...["DEPLOYMENT", "PREVIEW_MAIL_URL", "METER_REDIS_URL", "METER_PORT", "METER_HOST", "METER_DRAIN"],
      // For development and tests; what the image says itself.
      ...["AUTH_GOOGLE_ISSUER", "STRIPE_API_URL", "OUTGOING_LOOPBACK", "PORT", "HOST", "WORKER"],
    ];
    const known = [...readFileSync(".env.example", "utf8").matchAll(/^([A-Z_]+)=/gm)].map(([, name = ""]) => name);
    const passed = Object.keys(compose.services.worker?.environment ?? {});
    expect(known.filter((name) => !elsewhere.includes(name)).toSorted()).toEqual(passed.toSorted());
  });

  it("opens one port to this machine alone, takes every right away, and waits for what it needs", () => {
    for (const [name, service] of services) {
      expect(service.image, name).toMatch(/^connected-apps$|^postgres:18-bookworm$|^redis:7\.4-bookworm$/);
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(other);
      for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
    }
    for (const [name, service] of ours) {
      expect([name, service.read_only, service.cap_drop]).toEqual([name, true, ["ALL"]]);
      const file = service.command?.at(-1);
      if (file) expect(existsSync(file), file).toBe(true);
    }
    expect(services.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(["web"]);
    // What Redis forgets or throws out would be somebody's tokens.
    expect(compose.services.redis?.command?.join(" ")).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
  });
});
