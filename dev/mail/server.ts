import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { Inbox } from "./inbox";
import { inboxPage, VIEWS } from "./page";

const CSP =
  "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** A mail may style itself and show pictures, and no more. */
const MAIL_CSP =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox";

const html = (response: ServerResponse, body: string, csp: string, status = 200): void => {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "content-security-policy": csp }).end(body);
};

/** The inbox's page, and `GET /mails.json` for tests. */
export function inboxServer(inbox: Inbox): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://inbox.invalid");
    const [, folder, id, part, at] = url.pathname.split("/");
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-store");
    if (request.method === "POST" && url.pathname === "/clear") {
      // A form of another site may not empty it.
      if (request.headers["sec-fetch-site"] === "cross-site") return void response.writeHead(403).end();
      inbox.clear();
      return void response.writeHead(303, { location: "/" }).end();
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    }
    if (url.pathname === "/inbox.css") {
      const css = readFileSync(join(import.meta.dirname, "inbox.css"));
      return void response.writeHead(200, { "content-type": "text/css; charset=utf-8" }).end(css);
    }
    if (url.pathname === "/mails.json") {
      return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(inbox.list()));
    }
    if (url.pathname === "/") return html(response, inboxPage(inbox.list(), undefined, "html"), CSP);
    const mail = folder === "mails" && id ? inbox.find(id) : undefined;
    if (!mail) return void response.writeHead(404, { "content-type": "text/plain" }).end("No such mail.\n");
    if (part === "html") return html(response, mail.html, MAIL_CSP);
    const file = part === "files" ? mail.files?.[Number(at)] : undefined;
    if (file) {
      // Saved and not shown: a file is somebody else's too.
      const headers = {
        "content-type": file.type,
        "content-disposition": `attachment; filename="${file.name.replace(/[^\w.-]/g, "_")}"`,
      };
      return void response.writeHead(200, headers).end(Buffer.from(file.content, "base64"));
    }
    const view = VIEWS.find((name) => name === url.searchParams.get("view")) ?? "html";
    html(response, inboxPage(inbox.list(), mail, view), CSP);
  });
}
