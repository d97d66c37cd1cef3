import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { FRAMES } from "@/cli/demo/frames";
import { drawFrame } from "@/cli/demo/pictures";
import { readJson } from "../stack/files";
import { type ShopConfig, shopPage } from "./page";

const ASSETS: Record<string, string> = {
  "/shop.css": "text/css; charset=utf-8",
  "/shop.mjs": "text/javascript; charset=utf-8",
};

/** What the running stack has written down for its storefront, read anew for each page. */
function configFrom(dataDir: string): ShopConfig | undefined {
  const { url, public_key: publicKey } = readJson(join(dataDir, "dev.json"));
  return typeof url === "string" && typeof publicKey === "string" ? { appUrl: url, publicKey } : undefined;
}

/** The sample shop on an origin of its own, served without any framework. */
export function createStorefront(dataDir: string): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://shop.invalid").pathname;
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-store");
    const type = ASSETS[path];
    const [, slug = "", picture] = /^\/frames\/([a-z]{1,20})(\.svg)?$/.exec(path) ?? [];
    const frame = FRAMES.find((one) => one.slug === slug);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
    } else if (type) {
      response.writeHead(200, { "content-type": type }).end(readFileSync(join(import.meta.dirname, path.slice(1))));
    } else if (frame && picture) {
      response.setHeader("cache-control", "public, max-age=3600");
      response.writeHead(200, { "content-type": "image/svg+xml" }).end(drawFrame(frame));
    } else if (path === "/" || frame) {
      const config = configFrom(dataDir);
      const ours = config ? ` ${new URL(config.appUrl).origin}` : "";
      response
        .writeHead(200, {
          "content-type": "text/html; charset=utf-8",
          // A strict shop, so that we notice what we ask of one.
          "content-security-policy": `default-src 'none'; script-src 'self'${ours}; style-src 'self'; img-src 'self' data:; connect-src 'self'${ours}; frame-src${ours || " 'none'"}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        })
        .end(shopPage(config, frame?.slug));
    } else {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Not in this shop.\n");
    }
  });
}
