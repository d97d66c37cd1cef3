import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { hashPassword } from "@/auth/passwords";
import { closeDb, db } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import { makeBrand } from "@/features/admin/service";
import { metering } from "@/rest/internal/metering";
import { findChromium } from "../dev/stack/chromium";
import { startThrowAway } from "../dev/stack/throw-away";
import type { Figure, Group } from "./figure";
import { build, serve } from "./next";

const BASELINE = "bench/baselines/empty-edge";
const PERSON = { email: "bench@bench.example", password: "a password of the benchmark's" };

interface Loaded {
  /** As they crossed the wire, headers included. */
  readonly bytes: number;
  readonly scriptBytes: number;
  readonly requests: number;
}

/** What a browser with nothing in its cache loads until the page rests. */
async function firstLoad(
  context: BrowserContext,
  url: string,
  ready: (page: Page) => Promise<unknown>,
): Promise<Loaded> {
  const page = await context.newPage();
  const sizes: Promise<{ bytes: number; script: boolean }>[] = [];
  page.on("requestfinished", (request) => {
    sizes.push(
      request.sizes().then(({ responseBodySize, responseHeadersSize }) => ({
        bytes: responseBodySize + responseHeadersSize,
        script: request.resourceType() === "script",
      })),
    );
  });
  await page.goto(url);
  await ready(page);
  await page.waitForLoadState("networkidle");
  const all = await Promise.all(sizes);
  await page.close();
  const sum = (of: typeof all) => of.reduce((total, { bytes }) => total + bytes, 0);
  return { bytes: sum(all), scriptBytes: sum(all.filter(({ script }) => script)), requests: all.length };
}

/** Signs in on a page of its own; the context's cache is empty again when it returns. */
async function signedIn(browser: Browser, url: string): Promise<BrowserContext> {
  const first = await browser.newContext();
  const page = await first.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("Email").fill(PERSON.email);
  await page.getByLabel("Password", { exact: true }).fill(PERSON.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/overview");
  const storageState = await first.storageState();
  await first.close();
  return browser.newContext({ storageState });
}

/**
 * `marketplace.first_load_bytes`: what a signed-in browser with an empty cache loads to show all ten apps, against an empty
 * page of the same framework.
 */
export const marketplace: Group = async function* (): AsyncGenerator<Figure> {
  const services = await startThrowAway("bench");
  const stops: (() => unknown)[] = [() => services.stop()];
  try {
    Object.assign(process.env, services.env, { AUTH_URL: "http://localhost", LOG_LEVEL: "error" });
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    await seedCatalog(db());
    stops.push(closeDb);
    const passwordHash = await hashPassword(PERSON.password);
    await makeBrand(
      metering(),
      { type: "system", id: "bench" },
      {
        name: "Bench",
        slug: "bench",
        tokens: 1_000,
        plan: null,
        apps: ["pdc-001"],
        origins: [],
        people: [{ email: PERSON.email, name: "Bench", passwordHash, role: "admin" }],
      },
    );
    const env = { ...services.env, LOG_LEVEL: "error" };
    await build(".", { ...env, NEXT_DIST_DIR: ".next-bench" });
    await build(BASELINE, env);
    const ours = await serve(".", { ...env, NEXT_DIST_DIR: ".next-bench" }, "/sign-in");
    stops.push(ours.stop);
    const empty = await serve(BASELINE, env, "/");
    stops.push(empty.stop);
    const browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
    stops.push(() => browser.close());
    const baseline = await firstLoad(await browser.newContext(), empty.url, (page) =>
      page.getByText("Nothing").waitFor(),
    );
    const loaded = await firstLoad(await signedIn(browser, ours.url), `${ours.url}/apps`, (page) =>
      page.getByRole("heading", { name: "PD Calculator" }).first().waitFor(),
    );
    yield {
      name: "marketplace.first_load_bytes",
      value: loaded.bytes,
      unit: "bytes",
      baseline: baseline.bytes,
      ratio: Number((loaded.bytes / baseline.bytes).toPrecision(4)),
      valid: loaded.bytes > 0 && baseline.bytes > 0,
      script_bytes: loaded.scriptBytes,
      requests: loaded.requests,
      baseline_script_bytes: baseline.scriptBytes,
      baseline_requests: baseline.requests,
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
};
