import { Redis as Upstash, type UpstashRequest, type UpstashResponse } from "@upstash/redis";
import { Redis as Client, Command } from "ioredis";
import { ScriptNames } from "./script-names";

/** What a caller reads when Redis could not be reached and, for certain, nothing was run. */
export const STORE_UNAVAILABLE = "ERR_STORE_UNAVAILABLE Redis cannot be reached; nothing was run";

/** What one command came to. `notRun`: it was never written. `lost`: it was written, and no reply came. */
export type Outcome =
  | { readonly kind: "reply"; readonly value: unknown }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "notRun" }
  | { readonly kind: "lost" };

/** What a transaction came to: the items of its EXEC, an error in place of one that failed. */
export type Transaction =
  | { readonly kind: "reply"; readonly items: readonly unknown[] }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "notRun" }
  | { readonly kind: "lost" };

export interface TcpOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /**
   * How long one command may wait for its reply, ms, before it counts as lost. A connection on which nothing comes for
   * as long is given up and replaced; until the new one answers, everything is refused at once. Absent: for ever.
   */
  readonly budgetMs?: number;
  /** Text as strings, or as bytes. */
  readonly replies: "text" | "bytes";
  /** Told when the connection comes and when it goes. */
  readonly onChange?: (state: "up" | "down") => void;
}

/** Commands that may wait for their reply at once; more are refused, so that a store that stands still cannot fill the memory. */
const MOST_IN_FLIGHT = 10_000;
/** Commands that go out in one write. */
const HANDFUL = 8;
const NOT_RUN: Outcome = { kind: "notRun" };
const LOST: Outcome = { kind: "lost" };
const PROBE = "#!lua flags=allow-key-locking\nreturn 1";

const isScriptLoad = (command: readonly string[]): boolean =>
  command[0]?.toUpperCase() === "SCRIPT" && command[1]?.toUpperCase() === "LOAD";

/**
 * One TCP connection to Redis for callers who do metering and must know what they do not know: a command is written at
 * once, in order, and never queued while Redis is away; it is never sent a second time; and where its reply does not
 * come, that is said. Replaced by itself when it breaks.
 */
export class TcpConnection {
  private readonly client: Client;
  private readonly scripts = new ScriptNames();
  private readonly encoding: "utf8" | null;
  /** True once the server has answered on this connection, and has told whether it takes flagged scripts. */
  private usable = false;
  private flags = false;
  private inFlight = 0;
  /** Commands that the socket holds back. */
  private held = 0;

  constructor(options: TcpOptions) {
    this.encoding = options.replies === "text" ? "utf8" : null;
    const client = new Client(options.url, {
      // RESP 2, and the replies as they are.
      protocol: 2,
      disableClientInfo: true,
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      autoResendUnfulfilledCommands: false,
      reconnectOnError: null,
      // Settles what was under way as soon as the connection is gone. Any other number would leave it hanging.
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(25 * times, 250),
      connectTimeout: 2_000,
      ...(options.budgetMs === undefined ? {} : { commandTimeout: options.budgetMs, socketTimeout: options.budgetMs }),
    });
    this.client = client;
    let up = false;
    client.on("ready", () => {
      void this.probe().then((answered) => {
        if (!answered || client.status !== "ready") return;
        this.usable = true;
        if (!up) options.onChange?.("up");
        up = true;
      });
    });
    client.on("close", () => {
      this.usable = false;
      if (up) options.onChange?.("down");
      up = false;
    });
    // Every failed attempt to connect would be one; what matters is told by `onChange` and by each command's outcome.
    client.on("error", () => {});
  }

  /** True while commands can be sent. */
  get ready(): boolean {
    return this.usable;
  }

  /** Resolves once commands can be sent. */
  async connected(): Promise<void> {
    while (!this.usable) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Ends the connection; what is under way is lost. */
  close(): void {
    this.client.disconnect();
  }

  /** Upstash wants scripts flagged, stock Redis refuses the flag: asks which this is. */
  private async probe(): Promise<boolean> {
    try {
      await this.client.sendCommand(new Command("EVAL", [PROBE, "0"], { replyEncoding: "utf8" }));
      this.flags = true;
      return true;
    } catch (error) {
      this.flags = false;
      return error instanceof Error && error.name === "ReplyError";
    }
  }

  /** Writes one command at once, in order with those before and after it, and reports what came of it. Never throws. */
  async send(command: readonly string[]): Promise<Outcome> {
    if (!this.usable || this.client.status !== "ready" || this.inFlight >= MOST_IN_FLIGHT) return NOT_RUN;
    // In capitals: ioredis reshapes the replies of commands whose names it knows in small letters.
    const name = command[0]?.toUpperCase() ?? "";
    const sent = new Command(name, this.translate(name, command.slice(1)), { replyEncoding: this.encoding });
    this.inFlight++;
    try {
      const value: unknown = await this.write(sent);
      return {
        kind: "reply",
        value: !this.flags && isScriptLoad(command) ? this.scripts.toClientHash(String(value)) : value,
      };
    } catch (error) {
      if (!(error instanceof Error)) return LOST;
      if (error.name === "ReplyError") return { kind: "refused", message: error.message };
      return error.message.startsWith("Stream isn't writeable") ? NOT_RUN : LOST;
    } finally {
      this.inFlight--;
    }
  }

  /**
   * Hands a command to the socket, together with those that come with it. A busy host reads from dozens of callers at a
   * time: a write for each of them costs more than all else it does; one write for all of them has Redis wait for the
   * host, and then the host for Redis. So they go by the handful, and the rest once all that was ready has been read.
   */
  private write(command: Command): Promise<unknown> {
    const { stream } = this.client;
    if (this.held === 0) {
      stream.cork();
      setImmediate(() => this.release(stream));
    }
    this.held++;
    const reply = this.client.sendCommand(command) as Promise<unknown>;
    if (this.held >= HANDFUL) this.release(stream);
    return reply;
  }

  private release(stream: Client["stream"]): void {
    this.held = 0;
    stream.uncork();
  }

  /** Several commands, handed over in one go. */
  sendAll(commands: readonly (readonly string[])[]): Promise<Outcome[]> {
    return Promise.all(commands.map((command) => this.send(command)));
  }

  /** Several commands as one transaction. */
  async transaction(commands: readonly (readonly string[])[]): Promise<Transaction> {
    const outcomes = await this.sendAll([["MULTI"], ...commands, ["EXEC"]]);
    const doubt = doubtOf(outcomes);
    if (doubt) return doubt;
    const result = outcomes.at(-1);
    if (result?.kind !== "reply" || !Array.isArray(result.value)) {
      // The reason stands in the reply of the command that was refused when it was queued.
      const reason = outcomes.find((outcome) => outcome.kind === "refused");
      return {
        kind: "refused",
        message: reason?.kind === "refused" ? reason.message : "ERR the transaction was discarded",
      };
    }
    const items = result.value.map((value: unknown, i) =>
      !this.flags && !(value instanceof Error) && isScriptLoad(commands[i] ?? [])
        ? this.scripts.toClientHash(String(value))
        : value,
    );
    return { kind: "reply", items };
  }

  /** Rewrites what names a script, so that flagged scripts work on stock Redis. */
  private translate(name: string, args: string[]): string[] {
    if (this.flags) return args;
    const [first = "", ...rest] = args;
    if (name === "EVALSHA" || name === "EVALSHA_RO") return [this.scripts.toStockHash(first), ...rest];
    if (name === "EVAL" || name === "EVAL_RO") return [this.scripts.toStock(first), ...rest];
    if (name !== "SCRIPT") return args;
    const verb = first.toUpperCase();
    if (verb === "LOAD") return [first, ...rest.map((text) => this.scripts.toStock(text))];
    if (verb === "EXISTS") return [first, ...rest.map((hash) => this.scripts.toStockHash(hash))];
    return args;
  }
}

/**
 * What several commands of one go leave in doubt: `lost` where anybody's reply is, `notRun` where none was written,
 * undefined where all have been answered.
 */
export function doubtOf(outcomes: readonly Outcome[]): { kind: "notRun" } | { kind: "lost" } | undefined {
  if (outcomes.some((outcome) => outcome.kind === "lost")) return { kind: "lost" };
  const away = outcomes.filter((outcome) => outcome.kind === "notRun").length;
  if (away === 0) return undefined;
  // A connection cannot come back between two commands written in the same tick; if it ever did, say nothing certain.
  return { kind: outcomes.some((outcome) => outcome.kind === "reply") ? "lost" : "notRun" };
}

/** Thrown where a command was written and its reply did not come: it may have run. */
export class ReplyLost extends Error {}

/** A word of a command as the client serialises it. */
const wordsOf = (command: unknown): string[] => (Array.isArray(command) ? command.map(String) : []);

/**
 * The Upstash client over a TCP connection, through its own seam for that. Errors come out as the HTTP client's do: a
 * refusal by its text, a store that could not be reached as `STORE_UNAVAILABLE`; a reply that was lost is thrown.
 */
class TcpRedis extends Upstash {
  constructor(connection: TcpConnection) {
    super({
      request: async <T>({ path, body }: UpstashRequest): Promise<UpstashResponse<T>> => {
        const answer = (await (path ? severalOf(connection, path, body) : oneOf(connection, body))) as unknown;
        return answer as UpstashResponse<T>;
      },
    });
    // Where it is given a requester the client takes no options, and would read JSON into every string.
    this.opts = { automaticDeserialization: false };
  }
}

interface Item {
  readonly result?: unknown;
  readonly error?: string;
}

function itemOf(outcome: Outcome): Item {
  if (outcome.kind === "reply") return { result: outcome.value };
  if (outcome.kind === "refused") return { error: outcome.message };
  if (outcome.kind === "notRun") return { error: STORE_UNAVAILABLE };
  throw new ReplyLost("The reply of Redis was lost");
}

const oneOf = async (connection: TcpConnection, body: unknown): Promise<Item> =>
  itemOf(await connection.send(wordsOf(body)));

async function severalOf(connection: TcpConnection, path: readonly string[], body: unknown): Promise<Item | Item[]> {
  const commands = Array.isArray(body) ? body.map(wordsOf) : [];
  if (path[0] === "pipeline") {
    const outcomes = await connection.sendAll(commands);
    const doubt = doubtOf(outcomes);
    if (doubt?.kind === "notRun") throw new Error(STORE_UNAVAILABLE);
    if (doubt) throw new ReplyLost("A reply of Redis was lost");
    return outcomes.map(itemOf);
  }
  if (path[0] !== "multi-exec") throw new Error(`ERR ${path[0]} is not offered over TCP`);
  const answer = await connection.transaction(commands);
  if (answer.kind === "lost") throw new ReplyLost("The reply of Redis was lost");
  if (answer.kind === "notRun") throw new Error(STORE_UNAVAILABLE);
  if (answer.kind === "refused") throw new Error(answer.message);
  return answer.items.map((item) => (item instanceof Error ? { error: item.message } : { result: item }));
}

/** The Upstash client over TCP, answers as raw strings; see `TcpConnection` for what it does and does not do. */
export const redisOver = (connection: TcpConnection): Upstash => new TcpRedis(connection);
