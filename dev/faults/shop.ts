import { MissLimit } from "@/features/metering/edge/rules";
import type { MeterDeps } from "@/features/metering/edge/service";
import { drainPartition } from "@/features/metering/outbox/service";
import { metering } from "@/rest/internal/metering";
import { overHttp } from "@/test/ledger";
import { consumeWith, type TestBrand, testBrand } from "@/test/meter";

/** What the apps that a shop sells cost. The last is one that Postgres has never heard of, for whoever plants it. */
const PRICES = { "vto-001": 5, "pdc-001": 1, "xyz-999": 5 } as const;
export type App = keyof typeof PRICES;

/** One use as its caller knows it, over all its attempts. Its session id finds it again in Postgres. */
export interface Use {
  readonly session: string;
  readonly app: App;
  readonly tokens: number;
  /** The idempotency key: the caller's own, or the one it was told. */
  key: string | null;
  readonly firstSentAt: number;
  /** When the last of its successes came back. */
  acknowledgedAt: number;
  attempts: number;
  /** The usage ids and the bodies its successes carried: one of each, if all is well. */
  readonly usageIds: string[];
  readonly bodies: string[];
  /** Some attempt's outcome was never told. */
  unknown: boolean;
  /** Codes of its refusals. */
  readonly refusals: string[];
}

export interface Sale {
  readonly app?: App;
  /** False sends no idempotency key. */
  readonly keyed?: boolean;
  /** The process that asks; by default one of its own for the whole shop. */
  readonly caller?: Partial<MeterDeps>;
}

/** A process at the edge: what it has learnt of Redis's clock and of unknown keys is its own. */
export const caller = (overrides: Partial<MeterDeps> = {}): Partial<MeterDeps> => ({
  clock: { offset: null },
  misses: new MissLimit(),
  ...overHttp,
  ...overrides,
});

export const isKnown = (use: Use): boolean => use.usageIds.length > 0;

let opened = 0;

/** A brand with a shop that remembers every answer it was ever given. */
export class Shop {
  readonly uses: Use[] = [];
  /** The process that asks for it, unless told otherwise. */
  readonly own = caller();
  private readonly name: string;
  private count = 0;

  private constructor(
    readonly brand: TestBrand,
    /** Tokens that were ever granted to it. */
    public granted: number,
  ) {
    this.name = `shop-${++opened}`;
  }

  static async open(tokens: number): Promise<Shop> {
    return new Shop(await testBrand({ tokens, rate: 1_000_000_000 }), tokens);
  }

  /** Sells one use. Never throws: what the caller was told is in the journal. */
  async sell(sale: Sale = {}): Promise<Use> {
    const use = this.note(sale);
    await this.send(use, sale.caller);
    return use;
  }

  /** Writes a use into the journal that is yet to be sent. */
  note(sale: Sale = {}): Use {
    const app = sale.app ?? "vto-001";
    const session = `${this.name}-${++this.count}`;
    const use: Use = {
      session,
      app,
      tokens: PRICES[app],
      key: sale.keyed === false ? null : `key-${session}`,
      firstSentAt: Date.now(),
      acknowledgedAt: 0,
      attempts: 0,
      usageIds: [],
      bodies: [],
      unknown: false,
      refusals: [],
    };
    this.uses.push(use);
    return use;
  }

  /**
   * Sends a use once more: the same request with the same key.
   * @returns the status of this attempt
   */
  async send(use: Use, from: Partial<MeterDeps> = this.own): Promise<number> {
    use.attempts++;
    const response = await consumeWith(this.brand.secretKey.secret, {
      body: { app_id: use.app, session_id: use.session },
      ...(use.key === null ? {} : { idempotencyKey: use.key }),
      deps: from,
    });
    this.hear(use, response.status, await response.text(), response.headers.get("idempotency-key"));
    return response.status;
  }

  /** Writes down what a caller was told of a use. `key`: the one that the answer names for a caller who sent none. */
  hear(use: Use, status: number, body: string, key: string | null): void {
    if (status === 200) {
      const { usage_id } = JSON.parse(body) as { usage_id: string };
      if (!use.usageIds.includes(usage_id)) use.usageIds.push(usage_id);
      if (!use.bodies.includes(body)) use.bodies.push(body);
      use.acknowledgedAt = Date.now();
      use.key ??= key;
      return;
    }
    const { code } = JSON.parse(body) as { code: string };
    if (code !== "outcome_unknown") return void use.refusals.push(code);
    use.unknown = true;
    use.key ??= key;
  }

  /** Uses whose outcome is not known yet. */
  get open(): Use[] {
    return this.uses.filter((use) => use.unknown && !isKnown(use));
  }

  /**
   * Asks again, with the same key, what became of each use whose outcome is not known, until there is none or the time
   * is over. A use that the balance does not cover any more is settled too: its first attempt cannot have been debited.
   */
  async resolve(withinMs = 20_000, from?: Partial<MeterDeps>): Promise<number> {
    const deadline = Date.now() + withinMs;
    let resolved = 0;
    for (const use of this.open) {
      for (;;) {
        const status = await this.send(use, from);
        if (status === 200 || status === 402) {
          resolved++;
          break;
        }
        if (Date.now() > deadline) return resolved;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
    return resolved;
  }

  /** Sells so many uses, so many at once. */
  async sellMany(count: number, atOnce: number, sale: (i: number) => Sale = () => ({})): Promise<Use[]> {
    const made: Use[] = [];
    let next = 0;
    const till = async () => {
      while (next < count) made.push(await this.sell(sale(next++)));
    };
    await Promise.all(Array.from({ length: atOnce }, till));
    return made;
  }
}

/**
 * Does something while a shop sells over several tills, each its next use when the last is answered, and while, if it is
 * to be drained, a worker drains. All of it has ended when this returns.
 */
export async function whileSelling<T>(
  shop: Shop,
  how: { readonly tills: number; readonly sale: () => Sale; readonly drained: boolean },
  act: () => Promise<T>,
): Promise<T> {
  let going = true;
  const till = async () => {
    while (going) {
      const use = await shop.sell(how.sale());
      // A store that is away refuses at once: no need to ask it a thousand times a second.
      if (!isKnown(use)) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const worker = async () => {
    while (going) {
      await drainPartition(metering(), shop.brand.partition).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const all = [...Array.from({ length: how.tills }, till), ...(how.drained ? [worker()] : [])];
  try {
    return await act();
  } finally {
    going = false;
    await Promise.all(all);
  }
}
