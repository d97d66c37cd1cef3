import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** A request as a receiver of webhooks got it. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks on this machine, for tests. */
export class Receiver {
  readonly got: Received[] = [];
  readonly #server: Server;
  #answer: (response: ServerResponse, request: Received) => void;

  private constructor(answer: Receiver["answer"]) {
    this.#answer = answer;
    this.#server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const received = { headers: request.headers, body };
      this.got.push(received);
      this.#answer(response, received);
    });
  }

  /** Starts one that answers 204, unless told otherwise. */
  static async start(answer: Receiver["answer"] = (response) => response.writeHead(204).end()): Promise<Receiver> {
    const receiver = new Receiver(answer);
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  get answer(): (response: ServerResponse, request: Received) => void {
    return this.#answer;
  }
  set answer(answer) {
    this.#answer = answer;
  }

  /** What came, as the official library reads it. @throws where a signature does not fit */
  verified(secret: string): { readonly id: string; readonly type: string; readonly data: Record<string, unknown> }[] {
    return this.got.map(({ headers, body }) => {
      const event = new Webhook(secret).verify(body, headers as Record<string, string>) as {
        type: string;
        data: object;
      };
      return { id: String(headers["webhook-id"]), type: event.type, data: event.data as Record<string, unknown> };
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
