import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStorefront } from "./server";

const folder = mkdtempSync(join(tmpdir(), "storefront-"));
let server: Server;
let url: string;

beforeAll(async () => {
  server = createStorefront(folder);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

describe("the sample storefront", () => {
  it("goes on without the stack", async () => {
    const page = await fetch(url);
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).not.toContain("embed.js");
    expect(text).toContain("Try it on");
    expect(text).toContain("Measure PD");
  });

  it("takes key and address from the running stack at each request, as text that cannot become markup", async () => {
    const key = '"></script><script>alert(1)</script>';
    writeFileSync(join(folder, "dev.json"), JSON.stringify({ url: "http://localhost:3999", public_key: key }));
    const page = await fetch(url);
    const text = await page.text();
    expect(text).not.toContain(key);
    expect(text).toContain('<script async src="http://localhost:3999/v1/embed.js" data-key="&quot;>&lt;/script>');
    const policy = page.headers.get("content-security-policy");
    for (const allowed of ["script-src 'self'", "connect-src 'self'", "frame-src"]) {
      expect(policy).toContain(`${allowed} http://localhost:3999;`);
    }
  });

  it("has a page and a drawn picture of each frame, and none of another", async () => {
    const page = await (await fetch(`${url}/frames/halden`)).text();
    expect(page).toContain("<h1>Halden</h1>");
    expect(page).toContain('sku="NL-1001"');
    const picture = await fetch(`${url}/frames/halden.svg`);
    expect(picture.headers.get("content-type")).toBe("image/svg+xml");
    expect(await picture.text()).toMatch(/^<svg .*<\/svg>$/);
    expect((await fetch(`${url}/frames/nobody`)).status).toBe(404);
  });

  it("serves its two files and nothing else", async () => {
    const typeOf = async (path: string) => (await fetch(url + path)).headers.get("content-type");
    expect(await typeOf("/shop.mjs")).toContain("text/javascript");
    expect(await typeOf("/shop.css")).toContain("text/css");
    for (const path of ["/server.ts", "/../server.ts", "/%2e%2e/stack/secrets.ts", "/constructor"]) {
      expect((await fetch(url + path)).status).toBe(404);
    }
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  });
});
