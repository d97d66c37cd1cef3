import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { db } from "@/db/client";
import { PROBLEMS } from "@/lib/errors";

const rule = z.strictObject({
  alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+[mh]$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(["critical", "warning"]) }),
  annotations: z.strictObject({ summary: z.string(), runbook: z.string().regex(/^docs\/runbooks\/[a-z-]+\.md$/) }),
});
const FILE = "deploy/prometheus/alerts.yml";
const file = z
  .strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule).min(1) })).min(1) })
  .parse(parse(readFileSync(FILE, "utf8")));
const rules = file.groups.flatMap((group) => group.rules);
const runbooks = readdirSync("docs/runbooks").map((name) => `docs/runbooks/${name}`);

/** What a rule's expression names, less PromQL's own words, labels and their values. */
const metricsOf = (expr: string): string[] =>
  (
    expr
      .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, " ")
      .replace(/\b(?:by|ignoring|on|without)\s*\([^)]*\)/g, " ")
      .match(/\b[a-z][a-z0-9_]*\b(?!\s*\()/g) ?? []
  ).filter((word) => !["and", "or", "unless", "by"].includes(word));

/** The labels that an expression asks for, by metric. */
const selectorsOf = (expr: string): [string, string][] =>
  [...expr.matchAll(/([a-z_]+)\{([a-z_]+)[=!~]/g)].map(([, metric = "", label = ""]) => [metric, label]);

const TOKEN = "t".repeat(40);
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function figures(): Promise<string> {
  vi.stubEnv("METRICS_TOKEN", TOKEN);
  vi.resetModules();
  const { ALL_UPKEEP, metering } = await import("./metering");
  for (const job of ALL_UPKEEP.filter(({ name }) => ["webhooks", "grants"].includes(name))) await job.run(metering());
  // Figures that are there only once somebody has looked.
  await db().execute(sql`
    insert into drift_reports (id, took_ms, findings, breaches, brands) values (gen_random_uuid(), 1, '[]', 0, 0)`);
  const { timed } = await import("@/lib/latency");
  await timed("consume", async () => new Response(null, { status: 503 }));
  const { getMetrics } = await import("./metrics");
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await getMetrics(new Request("http://localhost/api/metrics", { headers }))).text();
}

describe("the alert rules", () => {
  it("name figures that there are, by labels that they have", async () => {
    const text = await figures();
    const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
    for (const { alert, expr } of rules) {
      for (const metric of metricsOf(expr)) {
        // `up` is Prometheus's own.
        if (metric === "up") continue;
        expect(there, `${alert}: ${metric}`).toContain(metric.replace(/_(?:bucket|count|sum)$/, ""));
      }
      for (const [metric, label] of selectorsOf(expr)) {
        if (metric !== "up")
          expect(text, `${alert}: ${metric}{${label}}`).toMatch(new RegExp(`^${metric}\\{[^}]*\\b${label}="`, "m"));
      }
    }
    expect(rules.flatMap(({ expr }) => metricsOf(expr)).length).toBeGreaterThan(rules.length);
  });

  it("miss a job by its own pace, and the page that shows jobs knows each of them by it", async () => {
    const text = await figures();
    const { ALL_UPKEEP } = await import("./metering");
    const { JOBS } = await import("@/features/admin/system/rules");
    const told = [...text.matchAll(/^job_every_seconds\{name="([^"]+)"\} (\S+)$/gm)];
    const paces = Object.fromEntries(ALL_UPKEEP.map(({ name, everyMs }) => [name, everyMs / 1_000]));
    expect(Object.fromEntries(told.map(([, name, every]) => [name, Number(every)]))).toEqual(paces);
    expect(Object.fromEntries(Object.entries(JOBS).map(([name, [, every]]) => [name, every]))).toEqual(paces);
    // What is done once a day is no reason to wake anybody half an hour later.
    expect(Math.max(...Object.values(paces))).toBeGreaterThan(1_800);
    expect(rules.find(({ alert }) => alert === "JobStalled")?.expr).toContain("job_every_seconds");
  });

  it("hold what the product's owner asked for", () => {
    const names = rules.map(({ alert }) => alert);
    for (const asked of [
      "TokenServiceDown",
      "BillingSyncFailing",
      "HighTokenConsumption",
      "LowAppAdoption",
      "ApiSlow",
    ]) {
      expect(names).toContain(asked);
    }
    expect(new Set(names).size).toBe(names.length);
  });

  it("have a runbook each, which names them, and there is no other", () => {
    for (const { alert, annotations } of rules) {
      expect(existsSync(annotations.runbook), annotations.runbook).toBe(true);
      expect(readFileSync(annotations.runbook, "utf8").split("\n")[2], alert).toContain(`\`${alert}\``);
    }
    expect(new Set(rules.map(({ annotations }) => annotations.runbook))).toEqual(new Set(runbooks));
  });

  it("are what Prometheus takes, where its own check is at hand", () => {
    const promtool = process.env.PROMTOOL ?? "promtool";
    try {
      execFileSync(promtool, ["--version"], { stdio: "ignore" });
    } catch {
      return;
    }
    expect(execFileSync(promtool, ["check", "rules", FILE], { encoding: "utf8" })).toContain("SUCCESS");
  });
});

describe("a runbook", () => {
  it.each(runbooks)("says who feels it, where to look, what to do and when it is over: %s", (path) => {
    const text = readFileSync(path, "utf8");
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
      "Who feels it",
      "Look",
      "Do",
      "Done when",
    ]);
  });

  it("asks the database only what it can answer, and names only commands that there are", async () => {
    const scripts = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).scripts);
    const names = [...(await figures()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    for (const path of runbooks) {
      const text = readFileSync(path, "utf8");
      for (const [, query = ""] of text.matchAll(/`(select [^`]+)`/g)) {
        await expect(db().execute(sql.raw(`explain ${query}`)), `${path}: ${query}`).resolves.toBeDefined();
      }
      for (const [, script] of text.matchAll(/`npm run (?:-s )?([a-z:-]+)/g)) expect(scripts, path).toContain(script);
      for (const [, metric = ""] of text.matchAll(
        /`((?:metering|webhook|mail|stripe|job|nodejs|connected_apps|http)_[a-z_]+)`/g,
      )) {
        if (["webhook_deliveries", "metering_accounts", ...Object.keys(PROBLEMS)].includes(metric)) continue;
        expect(names, `${path}: ${metric}`).toContain(metric.replace(/_(?:bucket|count|sum)$/, ""));
      }
    }
  });
});
