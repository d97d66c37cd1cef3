import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright";
import { buildWidget } from "@/cli/build-widget";
import { closeDb, db } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import { makeBrand } from "@/features/admin/service";
import { metering } from "@/rest/internal/metering";
import { findChromium } from "../dev/stack/chromium";
import { freePort } from "../dev/stack/ports";
import { startThrowAway } from "../dev/stack/throw-away";
import { createStorefront } from "../dev/storefront/server";
import { type Figure, type Group, median } from "./figure";
import { build, serve } from "./next";

const AIM_BYTES = 2_048;
const PASSES = 11;

interface Load {
  readonly lcp: number;
  readonly cls: number;
}

/** One visit of the shop in a browser that has nothing in its cache. */
async function visit(browser: Browser, url: string, loader: boolean): Promise<Load> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen = { lcp: 0, cls: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.lcp = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.cls += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(url, { waitUntil: "networkidle" });
  if (loader) await page.getByRole("button", { name: "Measure PD" }).waitFor();
  await page.waitForTimeout(300);
  const seen = await page.evaluate(() => (window as unknown as { seen: Load }).seen);
  await context.close();
  return seen;
}

/** The shop twice on this machine: with our line, and with a data folder that knows of no stack. */
async function shops(
  url: string,
  publicKey: string,
  port: number,
): Promise<{ urls: [string, string]; stop: () => void }> {
  const folders = [mkdtempSync(join(tmpdir(), "shop-")), mkdtempSync(join(tmpdir(), "shop-"))] as const;
  writeFileSync(join(folders[0], "dev.json"), JSON.stringify({ url, public_key: publicKey }));
  const servers: Server[] = [];
  const listen = async (folder: string, on: number): Promise<string> => {
    const server = createStorefront(folder);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(on, "127.0.0.1", resolve));
    return `http://localhost:${on}`;
  };
  const urls: [string, string] = [await listen(folders[0], port), await listen(folders[1], await freePort(port + 1))];
  return {
    urls,
    stop: () => {
      for (const server of servers) server.close();
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}

async function* paint(): AsyncGenerator<Figure> {
  const services = await startThrowAway("bench");
  const stops: (() => unknown)[] = [() => services.stop()];
  try {
    Object.assign(process.env, services.env, { AUTH_URL: "http://localhost", LOG_LEVEL: "error" });
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    await seedCatalog(db());
    stops.push(closeDb);
    const shopPort = await freePort();
    const brand = await makeBrand(
      metering(),
      { type: "system", id: "bench" },
      {
        name: "Bench",
        slug: "bench",
        tokens: 1_000,
        plan: null,
        apps: ["vto-001", "pdc-001"],
        origins: [`http://localhost:${shopPort}`],
        people: [],
      },
    );
    await buildWidget();
    const env = { ...services.env, LOG_LEVEL: "error", NEXT_DIST_DIR: ".next-bench" };
    await build(".", env);
    const ours = await serve(".", env, "/api/v1/widget/settings");
    stops.push(ours.stop);
    const shop = await shops(ours.url, brand.publicKey.secret, shopPort);
    stops.push(shop.stop);
    const browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
    stops.push(() => browser.close());
    const [withLoader, without] = shop.urls;
    await visit(browser, withLoader, true);
    await visit(browser, without, false);
    const passes: { ours: Load[]; bare: Load[] } = { ours: [], bare: [] };
    for (let pass = 0; pass < PASSES; pass++) {
      passes.bare.push(await visit(browser, without, false));
      passes.ours.push(await visit(browser, withLoader, true));
    }
    const [value, baseline] = [median(passes.ours.map(({ lcp }) => lcp)), median(passes.bare.map(({ lcp }) => lcp))];
    const shift = (loads: readonly Load[]) => Number(Math.max(...loads.map(({ cls }) => cls)).toFixed(4));
    yield {
      name: "loader.lcp_delta_ms",
      value: Math.round(value - baseline),
      unit: "ms",
      baseline: Math.round(baseline),
      ratio: Number((value / baseline).toPrecision(4)),
      valid: value > 0 && baseline > 0,
      lcp_ms: Math.round(value),
      cls: shift(passes.ours),
      baseline_cls: shift(passes.bare),
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** `loader.gzip_bytes` against what it may have, and `loader.lcp_delta_ms`: what our line adds to a shop's first paint. */
export const loader: Group = async function* (wanted): AsyncGenerator<Figure> {
  if (wanted("loader.gzip_bytes")) {
    const { gzipBytes } = await buildWidget();
    const ratio = Number((gzipBytes / AIM_BYTES).toPrecision(4));
    yield { name: "loader.gzip_bytes", value: gzipBytes, unit: "bytes", baseline: AIM_BYTES, ratio, valid: true };
  }
  if (wanted("loader.lcp_delta_ms")) yield* paint();
};
