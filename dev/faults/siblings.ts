import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { refundUsage } from "@/features/metering/refunds/service";
import { metering } from "@/rest/internal/metering";
import { ctxOf } from "@/test/ledger";
import { batchWith, holdWith, releaseWith, settleWith } from "@/test/meter";
import { patiently } from "./patience";
import { type Outcome, Tally } from "./scenario";
import type { Shop, Use } from "./shop";

/** One reservation as its caller knows it. */
interface Hold {
  readonly key: string;
  readonly tokens: number;
  /** Null until an answer has named it. */
  id: string | null;
  /** What it is to become: settled for so many tokens, or released. */
  readonly settles: number | null;
  /** `tried`: nobody told what became of the last step. */
  state: "asked" | "tried" | "held" | "resolving" | "resolved" | "refused";
  tokensConsumed: number;
}

/** What one shop did beside single consumes. */
export class Siblings {
  readonly holds: Hold[] = [];
  /** Uses that were to be given back; true where the answer said that they were. */
  readonly refunds = new Map<Use, boolean>();
  private count = 0;

  constructor(readonly shop: Shop) {}

  /** Sells several uses in one batch. Each is in the shop's journal like any other. */
  async sellBatch(size: number): Promise<void> {
    const uses = Array.from({ length: size }, (_, i) => this.shop.note({ app: i % 2 ? "vto-001" : "pdc-001" }));
    for (const use of uses) use.attempts++;
    const records = uses.map(({ app, session, key }) => ({ app_id: app, session_id: session, idempotency_key: key }));
    const { shop } = this;
    const response = await batchWith(shop.brand.secretKey.secret, records, { deps: shop.own });
    const body = (await response.json()) as { code?: string; results?: { status: number; body: object }[] };
    for (const [i, use] of uses.entries()) {
      const result = body.results?.[i];
      shop.hear(use, result?.status ?? response.status, JSON.stringify(result?.body ?? body), null);
    }
  }

  /** Asks for a reservation, or asks again for one that nobody has told of. */
  async hold(tokens: number, settles: number | null): Promise<void> {
    const key = `hold-${this.shop.brand.customerId}-${++this.count}`;
    const hold: Hold = { key, tokens, settles, id: null, state: "asked", tokensConsumed: 0 };
    this.holds.push(hold);
    await this.place(hold);
  }

  private async place(hold: Hold): Promise<void> {
    const response = await holdWith(this.shop.brand.secretKey.secret, {
      body: { app_id: "vto-001", tokens_reserved: hold.tokens, expires_in: 3_600 },
      idempotencyKey: hold.key,
      deps: this.shop.own,
    });
    const body = (await response.json()) as { reservation_id?: string; code?: string };
    if (response.status === 201) Object.assign(hold, { id: body.reservation_id, state: "held" });
    else if (body.code === "outcome_unknown") hold.state = "tried";
    else if (hold.state === "asked") hold.state = "refused";
    // A shop whose tokens are gone is told so: its first attempt cannot have been debited either.
    else if (response.status === 402) hold.state = "refused";
  }

  /** Settles or releases one that is open; the same step however often. */
  async resolve(hold: Hold): Promise<void> {
    if (hold.id === null) return this.place(hold);
    hold.state = "resolving";
    const { secret } = this.shop.brand.secretKey;
    const options = { deps: this.shop.own };
    const response =
      hold.settles === null
        ? await releaseWith(secret, hold.id, options)
        : await settleWith(secret, hold.id, hold.settles, options);
    const body = (await response.json()) as { tokens_consumed?: number };
    if (response.status !== 200) return;
    hold.state = "resolved";
    hold.tokensConsumed = body.tokens_consumed ?? 0;
  }

  /** Holds that somebody has to go on with. */
  get open(): Hold[] {
    return this.holds.filter(({ state }) => state !== "resolved" && state !== "refused");
  }

  /** Gives an acknowledged use back. @throws where it is not known whether it was */
  async refund(use: Use): Promise<void> {
    const [usageId = ""] = use.usageIds;
    if (this.refunds.get(use)) return;
    this.refunds.set(use, false);
    await refundUsage(ctxOf(this.shop.brand), metering(), { mode: "live", usageId });
    this.refunds.set(use, true);
  }

  /** Goes on with everything that is open until all of it is known. */
  async settleAll(): Promise<void> {
    for (const [use, done] of this.refunds) if (!done) await patiently(() => this.refund(use));
    await patiently(async () => {
      for (const hold of this.open) await this.resolve(hold);
      if (this.open.length > 0) throw new Error(`${this.open.length} reservations stay open`);
    });
  }

  /** Tokens that came back by refunds and tokens that reservations took, as the callers were told. */
  get told(): { refunded: number; settled: number } {
    let refunded = 0;
    for (const use of this.refunds.keys()) refunded += use.tokens;
    return { refunded, settled: this.holds.reduce((sum, { tokensConsumed }) => sum + tokensConsumed, 0) };
  }

  /** Holds what the callers were told of reservations against the tables: each resolved once and as told. */
  async audit(): Promise<Outcome> {
    const tally = new Tally();
    const { customerId } = this.shop.brand;
    const rows = await db().execute(sql`select id::text, status, tokens_reserved::int as reserved,
      coalesce(tokens_consumed, 0)::int as consumed from reservations where customer_id = ${customerId}`);
    const found = new Map(rows.map((row) => [String(row.id), row]));
    for (const { id, state, tokens, settles, tokensConsumed } of this.holds) {
      const row = found.get(id ?? "");
      if (state === "refused") {
        tally.add({ "reservations refused": 1 });
        continue;
      }
      const due = settles ? "settled" : "released";
      tally.add({ [`reservations ${due}`]: 1 });
      tally.expect(
        row?.status === due && row.reserved === tokens && row.consumed === tokensConsumed,
        `${customerId}: the reservation ${id} was to be ${due} for ${tokensConsumed} of ${tokens}, and is ${row?.status} for ` +
          `${row?.consumed} of ${row?.reserved}`,
      );
      found.delete(id ?? "");
    }
    for (const id of found.keys()) tally.breach(`${customerId}: nobody asked for the reservation ${id}`);
    tally.add({ "uses refunded": this.refunds.size });
    return tally.outcome();
  }
}
