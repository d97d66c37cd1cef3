import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, type Page, test as plain } from "@playwright/test";

/**
 * Has every page of a context counted, and writes what it ran into a folder: before it is sent elsewhere, because V8 forgets
 * the scripts of a document that is gone, and when the context closes.
 */
function countIn(context: BrowserContext, folder: string): void {
  const pages = new Set<Page>();
  const [open, close] = [context.newPage.bind(context), context.close.bind(context)];
  const write = async (page: Page): Promise<void> => {
    // A page that is closed already has lost its counts.
    const entries = await page.coverage.stopJSCoverage().catch(() => []);
    const result = entries
      .map(({ url, functions }) => ({ url, functions }))
      .filter(({ url }) => url.includes("/_next/"));
    if (result.length > 0) writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify({ result }));
  };
  context.newPage = async () => {
    const page = await open();
    const begin = () => page.coverage.startJSCoverage({ resetOnNavigation: false });
    await begin();
    const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
    page.goto = async (...where) => {
      await write(page);
      await begin();
      return goto(...where);
    };
    page.reload = async (...how) => {
      await write(page);
      await begin();
      return reload(...how);
    };
    pages.add(page);
    return page;
  };
  context.close = async (options) => {
    for (const page of pages) await write(page);
    await close(options);
  };
}

/** Playwright's `test`; where `npm run coverage` asks for it, the pages' scripts are counted. */
export const test = plain.extend<object, { counted: undefined }>({
  counted: [
    async ({ browser }: { browser: Browser }, use) => {
      if (process.env.COVERAGE_DIR) {
        const folder = join(process.env.COVERAGE_DIR, "pages");
        mkdirSync(folder, { recursive: true });
        const make = browser.newContext.bind(browser);
        browser.newContext = async (options) => {
          const context = await make(options);
          countIn(context, folder);
          return context;
        };
      }
      await use(undefined);
    },
    { scope: "worker", auto: true },
  ],
});
