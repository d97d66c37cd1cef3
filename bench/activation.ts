import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { closeDb, db } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import { type CreatedBrand, makeBrand } from "@/features/admin/service";
import { metering } from "@/rest/internal/metering";
import { startThrowAway } from "../dev/stack/throw-away";
import { type Figure, type Group, median } from "./figure";
import { build, serve } from "./next";
import { type Pass, together } from "./together";

const AT_ONCE = 100;
const PASSES = 5;
/** As many as the passes turn on, one each, and one for the pass that warms up; all of them within one hour's limit. */
const APPS = ["pdc-001", "vto-001", "fsa-001", "rec-001", "frf-001", "sty-001"];

/**
 * `activation.concurrent_100`: a hundred brands turn an app on at the same moment, over REST and through Next's production
 * server: key, limit, plan, configuration, activation, its first version, audit, the meter's account, embed code. Beside it
 * the plainest program for the job: a hundred inserts of one row each, at the same moment, over ten connections.
 */
export const activation: Group = async function* (): AsyncGenerator<Figure> {
  const services = await startThrowAway("bench", { durable: true });
  const stops: (() => unknown)[] = [() => services.stop()];
  try {
    Object.assign(process.env, services.env, { AUTH_URL: "http://localhost", LOG_LEVEL: "error" });
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    await seedCatalog(db());
    stops.push(closeDb);
    const brands: CreatedBrand[] = [];
    for (let i = 0; i < AT_ONCE; i++) {
      const own = { name: `Bench ${i}`, slug: `bench-${i}`, tokens: 10, plan: null, apps: [], origins: [], people: [] };
      brands.push(await makeBrand(metering(), { type: "system", id: "bench" }, own));
    }
    const env = { ...services.env, LOG_LEVEL: "error", NEXT_DIST_DIR: ".next-bench" };
    await build(".", env);
    const ours = await serve(".", env, "/api/v1/customer/tokens/consume");
    stops.push(ours.stop);
    const owner = postgres(services.env.DATABASE_OWNER_URL ?? "", { max: 10, onnotice: () => {} });
    stops.push(() => owner.end());
    await owner`create table bench_activations (
      id uuid primary key, customer_id uuid not null, app_id text not null, configuration jsonb not null,
      created_at timestamptz not null default now(), unique (customer_id, app_id))`;

    const turnOn = (appId: string) => () =>
      brands.map((brand) => async () => {
        const response = await fetch(`${ours.url}/api/v1/customer/apps/${appId}/activate`, {
          method: "POST",
          headers: { authorization: `Bearer ${brand.secretKey.secret}`, "content-type": "application/json" },
          body: '{"configuration":{}}',
        });
        await response.arrayBuffer();
        return response.status === 201;
      });
    const insert = (appId: string) => () =>
      brands.map((brand) => async () => {
        const row = [randomUUID(), brand.customerId, appId, "{}"];
        await owner.unsafe("insert into bench_activations values ($1, $2, $3, $4)", row);
        return true;
      });
    const [warm = "", ...apps] = APPS;
    await together(insert(warm)());
    await together(turnOn(warm)());
    const passes: { baseline: Pass[]; ours: Pass[] } = { baseline: [], ours: [] };
    for (const appId of apps.slice(0, PASSES)) {
      passes.baseline.push(await together(insert(appId)()));
      passes.ours.push(await together(turnOn(appId)()));
    }
    const of = (side: readonly Pass[], name: "p50" | "p95") =>
      Number(median(side.map((pass) => pass[name])).toFixed(1));
    const errors = passes.ours.reduce((sum, pass) => sum + pass.errors, 0);
    const [value, baseline] = [of(passes.ours, "p95"), of(passes.baseline, "p95")];
    yield {
      name: "activation.concurrent_100",
      value,
      unit: "ms (p95)",
      baseline,
      ratio: Number((value / baseline).toPrecision(4)),
      valid: passes.baseline.every((pass) => pass.errors === 0),
      aim: 500,
      p50_ms: of(passes.ours, "p50"),
      baseline_p50_ms: of(passes.baseline, "p50"),
      errors,
      errors_share: errors / (PASSES * AT_ONCE),
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
};
