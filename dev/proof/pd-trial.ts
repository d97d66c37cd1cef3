import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium, type FrameLocator, type Page } from "playwright";
import { buildWidget } from "../../src/cli/build-widget";
import { getFrame } from "../../src/rest/widget/frame";
import { EN } from "../../src/widget/frame/pd/words/en";
import { findChromium } from "../stack/chromium";
import { PROJECT_ROOT } from "../stack/files";
import type { Face } from "./pd-plan";

/** What the calculator showed for a photo. */
export type Answer =
  | { readonly kind: "shown"; readonly pd: number; readonly low: number; readonly high: number }
  | { readonly kind: "refused"; readonly why: string };

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".jpg": "image/jpeg",
};
const PATIENCE_MS = 60_000;

/** The page around the frame: it opens the preview, as our configure page does, with photos allowed. */
const HOST = `<!doctype html><title>Faces</title><link rel="icon" href="data:,"><script src="/draw.js"></script>
<script>
  addEventListener("message", (event) => {
    if (event.data?.source !== "varai-preview" || event.data.type !== "ready") return;
    const configuration = { methods: ["photo"] };
    event.source.postMessage({ source: "varai-preview", configuration, language: "en" }, location.origin);
  });
</script>
<iframe src="/v1/widget/pd-calculator?preview=1" width="700" height="700"></iframe>`;

/** A server on loopback with the built widget, the page around it and the photo; nothing else of the product. */
async function serve(): Promise<{ url: string; close: () => void }> {
  await buildWidget();
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, "pd-draw.ts")],
    bundle: true,
    write: false,
    format: "iife",
  });
  const draw = bundle.outputFiles[0]?.contents ?? "";
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const send = (type: string, body: string | Uint8Array): void => {
      response.writeHead(200, { "content-type": type }).end(body);
    };
    if (url.pathname === "/") return send("text/html; charset=utf-8", HOST);
    if (url.pathname === "/draw.js") return send("text/javascript", draw);
    if (url.pathname === "/face.jpg")
      return send("image/jpeg", readFileSync(join(PROJECT_ROOT, "e2e/fixtures/face.jpg")));
    if (url.pathname.startsWith("/v1/widget/")) {
      getFrame(new Request(url), url.pathname.slice("/v1/widget/".length))
        .text()
        .then((page) => send("text/html; charset=utf-8", page));
      return;
    }
    try {
      const type = TYPES[extname(url.pathname)] ?? "application/octet-stream";
      // The URL's own parser has taken the dots out of the path.
      send(type, readFileSync(join(PROJECT_ROOT, "public", url.pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const refusal = (text: string): string => Object.entries(EN).find(([, words]) => words === text)?.[0] ?? text;

/** Shows the calculator a photo as a shopper does, and reads what it says to it. */
async function ask(page: Page, frame: FrameLocator, photo: Buffer): Promise<Answer> {
  const choosing = page.waitForEvent("filechooser");
  await frame.getByRole("button", { name: EN.photo }).click();
  const chooser = await choosing;
  await chooser.setFiles({ name: "face.jpg", mimeType: "image/jpeg", buffer: photo });
  const end = frame.locator(".reading, [role=alert]");
  await end.waitFor({ timeout: PATIENCE_MS });
  const text = (await end.textContent()) ?? "";
  const refused = (await end.getAttribute("role")) === "alert";
  const facts = refused ? "" : ((await frame.locator(".facts p").first().textContent()) ?? "");
  await frame.getByRole("button", { name: refused ? EN.back : EN.again }).click();
  if (refused) return { kind: "refused", why: refusal(text) };
  const [pd, low, high] = `${text} ${facts}`.match(/\d+/g)?.map(Number) ?? [];
  if (pd === undefined || low === undefined || high === undefined) throw new Error(`No range in: ${text} ${facts}`);
  return { kind: "shown", pd, low, high };
}

/**
 * Shows faces to the calculator in a real browser, one after the other.
 * @param each told of every answer, with the photo; what it returns is whether to go on
 */
export async function tryFaces(
  faces: readonly Face[],
  each: (face: Face, answer: Answer, photo: Buffer) => boolean,
): Promise<void> {
  const server = await serve();
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      executablePath: await findChromium(),
      chromiumSandbox: false,
      // Whoever stops the command is told so far: the browser stays until then.
      handleSIGINT: false,
      handleSIGTERM: false,
      args: ["--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    });
    const page = await browser.newPage();
    await page.goto(server.url);
    const frame = page.frameLocator("iframe");
    for (const face of faces) {
      const photo = Buffer.from(
        await page.evaluate(
          (one) => (window as unknown as { takePhoto: (face: unknown) => Promise<string> }).takePhoto(one),
          face as unknown,
        ),
        "base64",
      );
      if (!each(face, await ask(page, frame, photo), photo)) break;
    }
  } finally {
    await browser?.close();
    server.close();
  }
}
