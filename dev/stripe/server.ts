import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Api, type ApiAnswer, type Witness } from "./api";
import { upcomingOf } from "./api/invoices";
import { applyPending } from "./changes";
import { tick } from "./clock";
import { control } from "./control";
import type { Desk } from "./desk";
import { StripeFailure } from "./failure";
import { Faults } from "./faults";
import { runPage } from "./pages";
import { seed } from "./seed";
import { Store } from "./store";
import { Webhooks } from "./webhooks";
import { API_VERSION, SETTINGS, World } from "./world";

export interface StandInOptions {
  /** The one key it takes. */
  readonly secretKey: string;
  /** Where events go, and what they are signed with. */
  readonly webhook?: { readonly url: string; readonly secret: string };
  /** Where it keeps what it knows; nowhere by default. */
  readonly file?: string;
  /** Holds requests and answers against the SDK's types. */
  readonly witness?: Witness;
  readonly port?: number;
}

const MOST_BYTES = 1_000_000;
const SAVED_AFTER_MS = 200;
const CLOCK_MS = 1_000;

/** Stripe on one machine: its API, its pages, its webhooks, and a clock that can be moved. */
export class StandIn implements Desk {
  readonly store = new Store();
  readonly world = new World(this.store);
  readonly webhooks = new Webhooks(this.world);
  readonly faults = new Faults();
  readonly api: Api;
  readonly server: Server;
  #seeding = false;
  #saving: NodeJS.Timeout | undefined;
  #ticking: NodeJS.Timeout | undefined;

  constructor(readonly options: StandInOptions) {
    this.api = new Api(this.world, options.secretKey, options.witness);
    this.webhooks.target = options.webhook;
    this.world.onPaid = applyPending;
    this.world.previewOf = upcomingOf;
    this.world.onEvent = (event) => {
      // The catalogue was there before anybody listened.
      if (this.#seeding) event.pending_webhooks = 0;
      else {
        options.witness?.sent(event);
        this.webhooks.add(event);
      }
    };
    this.server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Begins to listen, on the port asked for or any, and gives its address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.options.port ?? 0, "127.0.0.1", resolve);
    });
    const { port } = this.server.address() as AddressInfo;
    this.world.url = `http://localhost:${port}`;
    const { file } = this.options;
    if (file && existsSync(file)) {
      this.store.restore(JSON.parse(readFileSync(file, "utf8")) as object);
      this.webhooks.resume();
    } else this.#seed();
    if (file) this.store.onChange = () => this.#saveSoon(file);
    this.#ticking = setInterval(() => tick(this.world), CLOCK_MS);
    this.#ticking.unref();
    return this.world.url;
  }

  /** Forgets everything but the catalogue. */
  reset(): void {
    this.webhooks.clear();
    this.faults.clear();
    this.api.clear();
    this.store.clear();
    this.world.settings = { ...SETTINGS };
    this.#seed();
  }

  /** Without a witness, whose schemas take seconds to make: most who start a stand-in never ask it anything. */
  #seed(): void {
    this.#seeding = true;
    delete this.api.witness;
    seed(this.api);
    this.api.log.length = 0;
    if (this.options.witness) this.api.witness = this.options.witness;
    this.#seeding = false;
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    clearTimeout(this.#saving);
    this.webhooks.close();
    if (this.options.file && this.#saving) this.#save(this.options.file);
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #saveSoon(file: string): void {
    this.#saving ??= setTimeout(() => this.#save(file), SAVED_AFTER_MS);
  }

  #save(file: string): void {
    this.#saving = undefined;
    // Under its name only when it is whole: a killed run leaves what was there before.
    writeFileSync(`${file}.new`, JSON.stringify(this.store.saved()), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://stripe.invalid");
    response.setHeader("cache-control", "no-store");
    response.setHeader("x-content-type-options", "nosniff");
    try {
      const body = await bodyOf(request);
      if (url.pathname.startsWith("/v1/") || url.pathname.startsWith("/v2/"))
        this.#answerApi(request, url, body, response);
      else if (url.pathname.startsWith("/_control")) sendJson(response, 200, await control(this, url, body));
      else this.#answerPage(request, url, body, response);
    } catch (error) {
      if (error instanceof StripeFailure) return sendJson(response, error.status, error.body);
      console.error(error);
      const message = error instanceof Error ? error.message : String(error);
      sendJson(response, 500, { error: { type: "api_error", message: `The stand-in failed: ${message}` } });
    }
  }

  #answerApi(request: IncomingMessage, url: URL, body: string, response: ServerResponse): void {
    const named = (name: string): string | undefined => {
      const value = request.headers[name];
      return typeof value === "string" && value !== "" ? value : undefined;
    };
    const fault = this.faults.take(`${request.method} ${url.pathname}`);
    if (fault === "dropped_before") request.socket.destroy();
    else if (fault === "server_error")
      sendJson(response, 500, { error: { type: "api_error", message: "An unknown error occurred." } });
    else if (fault === "rate_limit")
      sendJson(response, 429, {
        error: { type: "invalid_request_error", code: "rate_limit", message: "Too many requests." },
      });
    else {
      const answer = this.api.handle({
        method: request.method ?? "GET",
        path: url.pathname,
        query: url.search.slice(1),
        body,
        authorization: named("authorization"),
        idempotencyKey: named("idempotency-key"),
        version: named("stripe-version"),
      });
      if (fault === "dropped_after") request.socket.destroy();
      else sendAnswer(response, answer);
    }
  }

  #answerPage(request: IncomingMessage, url: URL, body: string, response: ServerResponse): void {
    if (url.pathname === "/stripe.css") {
      response.writeHead(200, { "content-type": "text/css; charset=utf-8" });
      response.end(readFileSync(join(import.meta.dirname, "pages/stripe.css")));
      return;
    }
    const answer = runPage(this, request.method ?? "GET", url, Object.fromEntries(new URLSearchParams(body)));
    if ("location" in answer) return void response.writeHead(answer.status, { location: answer.location }).end();
    if ("pdf" in answer) {
      response.writeHead(200, { "content-type": "application/pdf", "content-disposition": answer.disposition });
      return void response.end(answer.pdf);
    }
    response
      .writeHead(answer.status, {
        "content-type": "text/html; charset=utf-8",
        // No form-action: a form here ends with a redirect to the product, which that would forbid.
        "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
      })
      .end(answer.html);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new StripeFailure(413, "invalid_request_error", "Request body too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendAnswer(response: ServerResponse, { status, headers, body }: ApiAnswer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader("stripe-version", API_VERSION);
  // An error the caller could only repeat is not worth a second try.
  if (status >= 400) response.setHeader("stripe-should-retry", "false");
  sendJson(response, status, body);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body, null, 2));
}
