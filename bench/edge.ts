import { closeDb, db } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import { makeBrand } from "@/features/admin/service";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { metering } from "@/rest/internal/metering";
import { startThrowAway } from "../dev/stack/throw-away";
import { compared, type Figure, type Group, median } from "./figure";
import { type LoadResult, post } from "./load";
import { build, serve } from "./next";

const PASSES = 5;
const SECONDS = 5;
const CONNECTIONS = 32;
const BASELINE = "bench/baselines/empty-edge";

/** `edge.vs_empty`: a consume through Next's edge route, against an empty edge route that makes one fetch to Redis. */
export const edge: Group = async function* (): AsyncGenerator<Figure> {
  const services = await startThrowAway("bench");
  const stops: (() => Promise<void>)[] = [() => services.stop()];
  try {
    Object.assign(process.env, services.env, { AUTH_URL: "http://localhost", LOG_LEVEL: "error" });
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    await seedCatalog(db());
    const brand = await makeBrand(
      metering(),
      { type: "system", id: "bench" },
      {
        name: "Bench",
        slug: "bench",
        tokens: 999_999_999,
        plan: null,
        apps: ["pdc-001"],
        origins: [],
        rate: 900_000_000,
        people: [],
      },
    );
    stops.push(closeDb);
    const env = { ...services.env, LOG_LEVEL: "error" };
    await build(".", { ...env, NEXT_DIST_DIR: ".next-bench" });
    await build(BASELINE, env);
    const ours = await serve(".", { ...env, NEXT_DIST_DIR: ".next-bench" }, "/api/v1/customer/tokens/consume");
    stops.push(ours.stop);
    const empty = await serve(BASELINE, env, "/api/empty");
    stops.push(empty.stop);

    const shared = { connections: CONNECTIONS, seconds: SECONDS };
    const consume = (seconds: number): Promise<LoadResult> =>
      post({
        ...shared,
        seconds,
        url: `${ours.url}/api/v1/customer/tokens/consume`,
        headers: [{ authorization: `Bearer ${brand.secretKey.secret}` }],
        body: '{"app_id":"pdc-001","session_id":"bench"}',
      });
    const nothing = (seconds: number): Promise<LoadResult> =>
      post({ ...shared, seconds, url: `${empty.url}/api/empty`, headers: [{}], body: "{}" });
    await nothing(3);
    await consume(3);
    const passes: { baseline: LoadResult[]; ours: LoadResult[] } = { baseline: [], ours: [] };
    for (let pass = 0; pass < PASSES; pass++) {
      passes.baseline.push(await nothing(SECONDS));
      passes.ours.push(await consume(SECONDS));
    }
    const errors = [...passes.baseline, ...passes.ours].reduce((sum, result) => sum + result.errors, 0);
    const breaches = (await checkLedger(metering())).flatMap((finding) => finding.breaches);
    yield compared(
      "edge.vs_empty",
      "requests/s",
      { baseline: passes.baseline.map((r) => r.perSecond), ours: passes.ours.map((r) => r.perSecond) },
      {
        sound: errors === 0 && breaches.length === 0,
        connections: CONNECTIONS,
        p50_ms: Number(median(passes.ours.map((r) => r.p50)).toFixed(1)),
        p95_ms: Number(median(passes.ours.map((r) => r.p95)).toFixed(1)),
        baseline_p50_ms: Number(median(passes.baseline.map((r) => r.p50)).toFixed(1)),
        baseline_p95_ms: Number(median(passes.baseline.map((r) => r.p95)).toFixed(1)),
        errors,
        ledger_breaches: breaches.length,
      },
    );
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
};
