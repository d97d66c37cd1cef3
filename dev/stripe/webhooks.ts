import { Stripe } from "stripe";
import { wantsEvent } from "./api/events";
import { letters } from "./store";
import type { World } from "./world";

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly type: string;
  readonly url: string;
  tries: number;
  /** What the last try got: a status, or why there was no answer. */
  last: number | string | null;
  state: "waiting" | "held" | "sent" | "given_up";
}

export interface Target {
  readonly url: string;
  readonly secret: string;
}

/** What a developer has asked of the deliveries. */
export interface Manner {
  /** Events are kept back until they are released. */
  hold: boolean;
  /** Each event is sent so many times. */
  copies: number;
  /** Each is sent so much later. */
  delayMs: number;
  /** Events of one release or one moment go out in another order. */
  shuffle: boolean;
}

const PLAIN: Manner = { hold: false, copies: 1, delayMs: 0, shuffle: false };

interface Job {
  readonly delivery: Delivery;
  readonly event: Stripe.Event;
  readonly target: Target;
  notBefore: number;
}

/** Stripe waits longer and longer between tries, for up to three days; here it is seconds, and twelve tries. */
const TRIES = 12;
const waitMs = (tries: number): number => Math.min(60_000, 500 * 2 ** tries);
const PATIENCE_MS = 30_000;
const KEPT = 2_000;

/**
 * Sends events, signed, in the order they happened, one at a time. A reply that is not 2xx means again later, while the
 * others go on: so a failure puts events out of order, as it does with Stripe.
 */
export class Webhooks {
  manner: Manner = { ...PLAIN };
  target: Target | undefined;
  readonly deliveries: Delivery[] = [];
  #queue: Job[] = [];
  #sending = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #abort = new AbortController();

  constructor(readonly world: World) {}

  /** Takes an event to everyone who asked for its type; again, whatever became of it before. */
  add(event: Stripe.Event): void {
    const endpoints = this.world.store
      .all("webhook_endpoint")
      .filter((one) => one.status === "enabled" && wantsEvent(one, event.type))
      .map(({ url, secret = "" }) => ({ url, secret }));
    const targets = [...(this.target ? [this.target] : []), ...endpoints];
    event.pending_webhooks = targets.length;
    for (const target of targets) this.#enqueue(event, target);
  }

  /** Goes on with what an earlier run had not delivered. */
  resume(): void {
    for (const event of this.world.store.all("event")) if (event.pending_webhooks > 0) this.add(event);
  }

  #enqueue(event: Stripe.Event, target: Target): void {
    for (let copy = 0; copy < this.manner.copies; copy++) {
      const delivery: Delivery = {
        id: `wd_${letters(12)}`,
        event: event.id,
        type: event.type,
        url: target.url,
        tries: 0,
        last: null,
        state: this.manner.hold ? "held" : "waiting",
      };
      this.deliveries.push(delivery);
      if (this.deliveries.length > KEPT) this.deliveries.shift();
      const job = { delivery, event, target, notBefore: Date.now() + this.manner.delayMs };
      // A shuffled one takes any place among those that still wait.
      const place = this.manner.shuffle ? Math.floor(Math.random() * (this.#queue.length + 1)) : this.#queue.length;
      this.#queue.splice(place, 0, job);
    }
    this.#wake(0);
  }

  /** Lets go of what was held, shuffled if that is asked for. */
  release(): number {
    const held = this.#queue.filter((job) => job.delivery.state === "held");
    for (const job of held) job.delivery.state = "waiting";
    if (this.manner.shuffle)
      this.#queue = this.#queue
        .map((job) => ({ job, at: Math.random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ job }) => job);
    this.#wake(0);
    return held.length;
  }

  /** How many deliveries are neither done nor held. */
  get waiting(): number {
    return this.#queue.filter((job) => job.delivery.state === "waiting").length;
  }

  /** Resolves when nothing waits any more; false where that takes longer than `ms`. */
  async settled(ms: number): Promise<boolean> {
    const until = Date.now() + ms;
    while (this.waiting > 0) {
      if (Date.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return true;
  }

  clear(): void {
    this.#queue = [];
    this.deliveries.length = 0;
    this.manner = { ...PLAIN };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  #wake(ms: number): void {
    if (this.#closed || this.#sending) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#work(), ms);
  }

  async #work(): Promise<void> {
    if (this.#sending || this.#closed) return;
    this.#sending = true;
    for (;;) {
      const now = Date.now();
      const job = this.#queue.find((one) => one.delivery.state === "waiting" && one.notBefore <= now);
      if (!job || this.#closed) break;
      await this.#send(job);
    }
    this.#sending = false;
    const next = this.#queue.filter((one) => one.delivery.state === "waiting").map((one) => one.notBefore);
    if (next.length > 0) this.#wake(Math.max(10, Math.min(...next) - Date.now()));
  }

  async #send(job: Job): Promise<void> {
    const { delivery, target } = job;
    const payload = JSON.stringify(job.event, null, 2);
    // Signed with the time it is sent, whatever the clock of the stand-in says: that is what the receiver compares.
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: target.secret });
    delivery.tries++;
    try {
      const response = await fetch(target.url, {
        method: "POST",
        headers: {
          "content-type": "application/json; charset=utf-8",
          "stripe-signature": signature,
          "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        },
        body: payload,
        redirect: "manual",
        signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      await response.body?.cancel();
      delivery.last = response.status;
    } catch (error) {
      delivery.last = error instanceof Error ? error.message : "no answer";
    }
    const done = typeof delivery.last === "number" && delivery.last >= 200 && delivery.last < 300;
    if (done || delivery.tries >= TRIES) {
      delivery.state = done ? "sent" : "given_up";
      this.#queue = this.#queue.filter((one) => one !== job);
      job.event.pending_webhooks = Math.max(0, job.event.pending_webhooks - 1);
    } else job.notBefore = Date.now() + waitMs(delivery.tries);
  }
}
