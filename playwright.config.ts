import { resolve } from "node:path";
import { defineConfig, devices } from "@playwright/test";

/**
 * Journeys in a real browser against the whole system, which e2e/global-setup.ts starts with fresh data.
 *
 * The file's name says where a spec runs:
 * - `name.spec.ts` against `npm run dev`;
 * - `name.production.spec.ts` against `npm start`, the production build;
 * - `name.both.spec.ts` against both.
 *
 * `npm test` finds a browser and sets PLAYWRIGHT_CHROMIUM_PATH; without it Playwright takes its own.
 */
const executablePath = process.env.PLAYWRIGHT_CHROMIUM_PATH || undefined;

export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/global-setup.ts",
  outputDir: "test-results",
  // One brand and one balance for all.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 150_000,
  // A page's first visit in development compiles it.
  expect: { timeout: 20_000 },
  use: {
    ...devices["Desktop Chrome"],
    // A trace films each page: a third of what a run takes. `npm test -- e2e` with TRACE=on keeps those of what failed.
    trace: process.env.TRACE === "on" ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    launchOptions: {
      ...(executablePath && { executablePath }),
      chromiumSandbox: false,
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // A camera that shows the public-domain face of e2e/fixtures; a test still has to allow it.
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-video-capture=${resolve(import.meta.dirname, ".data/e2e-face.mjpeg")}`,
      ],
    },
  },
  // The addresses are known once the global set-up has run; workers load this file after it.
  projects: [
    {
      name: "dev",
      testIgnore: "**/*.production.spec.ts",
      use: { baseURL: process.env.E2E_DEV_URL },
    },
    {
      name: "production",
      testMatch: ["**/*.production.spec.ts", "**/*.both.spec.ts"],
      use: { baseURL: process.env.E2E_PRODUCTION_URL },
    },
  ],
});
